import PlatformService

/// What an extension says of itself, in the manifest file of its archive.
public struct ExtensionManifest: Sendable, Codable, Hashable {
    /// Its kind.
    public let type: ExtensionType
    /// Its name.
    public let name: String
    /// Its version.
    public let version: SemanticVersion
    /// What it is, in a sentence.
    public var description: String?
    /// Who made it.
    public var author: String?
    /// Words to find it by.
    public var tags: [String]?
    /// What it needs.
    public var dependencies: [ExtensionDependency]?

    /// What it needs, none where nothing is said.
    public var needs: [ExtensionDependency] { dependencies ?? [] }
}

/// Another extension that one needs.
public struct ExtensionDependency: Sendable, Codable, Hashable {
    /// Its kind.
    public let type: ExtensionType
    /// Its name.
    public let name: String
    /// Which versions of it will do; any release where nothing is said.
    public var constraint: VersionConstraint?

    /// A dependency on that extension.
    public init(_ reference: ExtensionReference) {
        type = reference.id.type
        name = reference.id.name
        constraint = reference.constraint
    }

    /// What is needed. Throws when the name is none.
    var reference: ExtensionReference {
        get throws(PlatformError) { ExtensionReference(try ExtensionID(type, name), constraint ?? .any) }
    }
}
