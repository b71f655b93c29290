import InterfaceProfile

/// A workspace.
public struct WorkspaceInfo: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its directory on the orchestrator's host.
    public var path: String?
    /// Relative paths of what is in it, directories with a final slash; nil in lists.
    public var entries: [String]?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.workspace
        self.name = try answer.text(value, names.name)
        self.path = value[names.path]?.string
        self.entries = value[names.entries]?.array.map { $0.compactMap(\.string) }
    }
}

/// An extension that the orchestrator has loaded.
public struct ExtensionInfo: Hashable, Sendable {
    /// `provider`, `taskserv` or `cluster`.
    public var type: String
    /// Its name.
    public var name: String
    /// Its version.
    public var version: String
    /// `sha256:…` of the archive.
    public var checksum: String?
    /// Bytes of the archive.
    public var size: Int?
    /// Where it came from.
    public var source: String?
    /// In the answer to a load: whether nothing had to be downloaded.
    public var isCached: Bool?
    /// In the answer to a load: what came along, as `name:version`, in an order in which it can be installed.
    public var companions: [String]

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.loadedExtension
        self.type = try answer.text(value, names.type)
        self.name = try answer.text(value, names.name)
        self.version = try answer.text(value, names.version)
        self.checksum = value[names.checksum]?.string
        self.size = value[names.size]?.integer
        self.source = value[names.source]?.string
        self.isCached = value[names.cached]?.bool
        self.companions = try (value[names.loadedDependencies]?.array ?? []).map { entry in
            "\(try answer.text(entry, names.name)):\(try answer.text(entry, names.version))"
        }
    }
}

/// Who the orchestrator takes the caller for.
public struct IdentityInfo: Hashable, Sendable {
    /// The user's name.
    public var username: String
    /// The roles, in lower case.
    public var roles: [String]
    /// What the user may do, as `resource_action`.
    public var permissions: [String]
    /// How the user was recognised; `none` in solo mode.
    public var authentication: String?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.identity
        self.username = try answer.text(value, names.username)
        self.roles = (value[names.roles]?.array ?? []).compactMap { $0.string?.lowercased() }
        self.permissions = (value[names.permissions]?.array ?? []).compactMap(\.string)
        self.authentication = value[names.authentication]?.string
    }
}
