public import PlatformService

/// A loaded extension as callers see it.
public struct LoadedExtension: Sendable, Encodable, Hashable {
    /// Its archive.
    public let archive: CachedArchive
    /// When it was loaded.
    public let loadedAt: Timestamp
    /// True for the version in force.
    public let isCurrent: Bool

    /// Which version of which extension.
    public var key: ExtensionKey { archive.key }

    private enum CodingKeys: String, CodingKey {
        case type, name, version, description, checksum, size, source, dependencies, current
        case loadedAt = "loaded_at"
    }

    /// Writes it as the interface has it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key.id.type, forKey: .type)
        try container.encode(key.id.name, forKey: .name)
        try container.encode(key.version, forKey: .version)
        try container.encode(archive.manifest.description, forKey: .description)
        try container.encode(archive.checksum, forKey: .checksum)
        try container.encode(archive.size, forKey: .size)
        try container.encode(archive.source, forKey: .source)
        try container.encode(archive.manifest.needs, forKey: .dependencies)
        try container.encode(isCurrent, forKey: .current)
        try container.encode(loadedAt, forKey: .loadedAt)
    }
}

/// What somebody wants to have loaded.
public struct LoadRequest: Sendable {
    /// Which extension, and which versions of it would do.
    public var reference: ExtensionReference
    /// The source that it must come from; nil takes the first that has it.
    public var source: SourceKind?
    /// The directory that it must come from, below one of those that are allowed.
    public var path: String?
    /// Whether what it needs is loaded too.
    public var withDependencies: Bool

    /// A request for that extension.
    public init(
        _ reference: ExtensionReference, source: SourceKind? = nil, path: String? = nil, withDependencies: Bool = true
    ) {
        self.reference = reference
        self.source = source
        self.path = path
        self.withDependencies = withDependencies
    }
}

/// What a load brought.
public struct Load: Sendable {
    /// One of the extensions of a load.
    public struct Item: Sendable {
        /// The extension.
        public let loaded: LoadedExtension
        /// The file of its archive.
        public let path: String
        /// Which level of the cache answered.
        public let origin: ArchiveOrigin

        /// Which version of which extension.
        public var key: ExtensionKey { loaded.key }
    }

    /// What was asked for.
    public let wanted: Item
    /// What that needs, in an order in which it can be installed.
    public let dependencies: [Item]
    /// Who asked for what.
    public let resolution: Resolution
    /// Sources that did not answer, in words; others had what was needed.
    public let warnings: [String]
}

/// What somebody found who looked at an extension.
public struct Validation: Sendable, Encodable, Hashable {
    /// True without faults.
    public let valid: Bool
    /// Everything that is wrong, in words.
    public let faults: [String]
    /// The version that was looked at, nil when none was found.
    public let version: SemanticVersion?

    init(_ faults: [String], _ version: SemanticVersion?) {
        valid = faults.isEmpty
        self.faults = faults
        self.version = version
    }
}
