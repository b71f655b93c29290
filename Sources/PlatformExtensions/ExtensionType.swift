public import PlatformService

/// The kinds of extensions.
public enum ExtensionType: String, Sendable, Codable, CaseIterable {
    /// Makes servers.
    case provider
    /// Is installed on servers.
    case taskserv
    /// Is a group of servers with taskservs.
    case cluster

    /// The kind that a caller spelled. Throws the list of those there are.
    public init(parsing text: String) throws(PlatformError) {
        guard let type = ExtensionType(rawValue: text) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "type: \"\(text)\" is none of \(known)")
        }
        self = type
    }
}

/// An extension, whatever its version.
public struct ExtensionID: Sendable, Codable, Hashable, Comparable, CustomStringConvertible {
    /// Its kind.
    public let type: ExtensionType
    /// Its name: a DNS label.
    public let name: String

    /// The extension of that name. Throws when it is no name.
    public init(_ type: ExtensionType, _ name: String) throws(PlatformError) {
        guard isResourceName(name) else {
            throw PlatformError(.invalid, "\"\(name)\" is no name of an extension; \(resourceNameRule)")
        }
        self.type = type
        self.name = name
    }

    /// For people: `taskserv kubernetes`.
    public var description: String { "\(type.rawValue) \(name)" }

    /// By kind, then by name.
    public static func < (left: ExtensionID, right: ExtensionID) -> Bool {
        (left.type.rawValue, left.name) < (right.type.rawValue, right.name)
    }
}

/// One version of an extension: the key of the cache.
public struct ExtensionKey: Sendable, Codable, Hashable, CustomStringConvertible {
    /// Which extension.
    public let id: ExtensionID
    /// Which version.
    public let version: SemanticVersion

    /// That version of the extension.
    public init(_ id: ExtensionID, _ version: SemanticVersion) {
        self.id = id
        self.version = version
    }

    /// `type:name:version`, as the cache is documented to spell it.
    public var description: String { "\(id.type.rawValue):\(id.name):\(version)" }
}

/// An extension that somebody wants, and which versions of it would do.
public struct ExtensionReference: Sendable, Codable, Hashable, CustomStringConvertible {
    /// Which extension.
    public let id: ExtensionID
    /// Which versions; any release if nothing was said.
    public let constraint: VersionConstraint

    /// A reference of these parts.
    public init(_ id: ExtensionID, _ constraint: VersionConstraint = .any) {
        self.id = id
        self.constraint = constraint
    }

    /// The extension that `name` or `name:constraint` means. Throws what is wrong with it.
    public init(type: ExtensionType, parsing text: String) throws(PlatformError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let id = try ExtensionID(type, String(parts.first ?? ""))
        self.init(id, parts.count > 1 ? try VersionConstraint(parsing: String(parts[1])) : .any)
    }

    /// For people: `taskserv kubernetes ^1.28`.
    public var description: String { "\(id) \(constraint)" }
}
