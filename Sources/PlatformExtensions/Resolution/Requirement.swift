/// That somebody asks for an extension.
public struct Requirement: Sendable, Hashable {
    /// What is asked for.
    public let reference: ExtensionReference
    /// Who asks: an extension with its version; nil for whoever started the resolution.
    public let requester: ExtensionKey?

    /// For people: `taskserv kubernetes 1.28.0 asks for ^1.7`.
    var words: String {
        "\(requester.map { "\($0.id) \($0.version)" } ?? "the request") asks for \(reference.constraint)"
    }
}

/// Extensions that fit together.
public struct Resolution: Sendable, Hashable {
    /// One version of each, in an order in which they can be installed: whatever one needs comes before it.
    public let order: [ExtensionKey]
    /// Who asked for what.
    public let requirements: [ExtensionID: [Requirement]]

    /// Whether another version than the chosen one would have done as well.
    public func accepts(_ version: SemanticVersion, of id: ExtensionID) -> Bool {
        (requirements[id] ?? []).allSatisfy { $0.reference.constraint.allows(version) }
    }
}
