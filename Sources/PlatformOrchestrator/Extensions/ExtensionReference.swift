import PlatformService

/// The kinds of extensions.
enum ExtensionType: String, Sendable, Codable, CaseIterable {
    case provider, taskserv, cluster
}

/// An extension that somebody wants: with a version, or the latest.
struct ExtensionReference: Sendable, Codable, Hashable {
    let type: ExtensionType
    let name: String
    /// Nil: the latest.
    let version: String?

    /// The extension of that name. Throws when name or version cannot be in a registry.
    init(type: ExtensionType, name: String, version: String?) throws {
        guard isResourceName(name) else {
            throw PlatformError(.invalid, "\"\(name)\" is no name of an extension; \(resourceNameRule)")
        }
        if let version, !Self.isTag(version) {
            throw PlatformError(
                .invalid, "\"\(version)\" is no version; versions have 1 to 128 characters of A-Z a-z 0-9 . _ -")
        }
        self.type = type
        self.name = name
        self.version = version == "latest" ? nil : version
    }

    /// The extension that `name` or `name:version` means.
    init(type: ExtensionType, parsing text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        try self.init(
            type: type, name: String(parts.first ?? ""), version: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// What the registry takes for a tag (OCI distribution specification).
    private static func isTag(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain && (1...128).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
    }
}

/// One version of an extension: the key of the cache, `type:name:version`.
struct ExtensionKey: Sendable, Codable, Hashable, CustomStringConvertible {
    let type: ExtensionType
    let name: String
    let version: String

    var description: String { "\(type.rawValue):\(name):\(version)" }
}
