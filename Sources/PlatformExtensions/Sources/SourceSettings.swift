import PlatformService

/// Where a service gets extensions from: the part of its settings that says so.
public struct SourceSettings: Sendable, Decodable, Hashable {
    /// An OCI registry.
    public struct OCI: Sendable, Decodable, Hashable {
        /// Base URL.
        public var url: String
        /// The login, where the registry wants one.
        public var login: Login?

        private enum CodingKeys: String, CodingKey, CaseIterable { case url, username, password }

        /// That registry.
        public init(url: String, login: Login? = nil) {
            self.url = url
            self.login = login
        }

        /// Reads `url`, and `username` with `password` where there is a login.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            url = try container.decode(String.self, forKey: .url)
            login = try container.login(.username, .password)
        }
    }

    /// A Gitea.
    public struct Gitea: Sendable, Decodable, Hashable {
        /// Base URL.
        public var url: String
        /// User or organisation whose repositories are extensions.
        public var owner: String
        /// The login, where it wants one; a token is a password.
        public var login: Login?

        private enum CodingKeys: String, CodingKey, CaseIterable { case url, owner, username, password }

        /// Reads `url`, `owner`, and `username` with `password` where there is a login.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            url = try container.decode(String.self, forKey: .url)
            owner = try container.decode(String.self, forKey: .owner)
            login = try container.login(.username, .password)
        }
    }

    /// The registry, if any.
    public var oci: OCI?
    /// The Gitea, if any.
    public var gitea: Gitea?
    /// Directories of extensions that lie unpacked.
    public var directories: [String]

    private enum CodingKeys: String, CodingKey, CaseIterable { case oci, gitea, directories }

    /// Settings of these parts.
    public init(oci: OCI? = nil, gitea: Gitea? = nil, directories: [String] = []) {
        self.oci = oci
        self.gitea = gitea
        self.directories = directories
    }

    /// Reads `oci`, `gitea` and `directories`, each of which may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        oci = try container.decodeIfPresent(OCI.self, forKey: .oci)
        gitea = try container.decodeIfPresent(Gitea.self, forKey: .gitea)
        directories = try container.decodeIfPresent([String].self, forKey: .directories) ?? []
    }

    /// The OCI registry as a source, nil when there is none. Throws when its URL is none.
    public func ociSource() throws -> OCISource? {
        try oci.map { OCISource(try OCIClient(url: $0.url, login: $0.login)) }
    }

    /// Gitea as a source, nil when there is none. Throws when its URL is none.
    public func giteaSource() throws -> GiteaSource? {
        try gitea.map { GiteaSource(try GiteaClient(url: $0.url, owner: $0.owner, login: $0.login)) }
    }

    /// All sources, in the order in which they are asked: OCI, Gitea, directories.
    public func sources() throws -> [any ExtensionSource] {
        let remote: [(any ExtensionSource)?] = [try ociSource(), try giteaSource()]
        return remote.compactMap { $0 } + (directories.isEmpty ? [] : [LocalSource(roots: directories)])
    }
}

extension KeyedDecodingContainer {
    /// A login of two members, both or neither.
    fileprivate func login(_ username: Key, _ password: Key) throws -> Login? {
        guard contains(username) || contains(password) else { return nil }
        return Login(
            username: try decode(String.self, forKey: username), password: try decode(String.self, forKey: password))
    }
}
