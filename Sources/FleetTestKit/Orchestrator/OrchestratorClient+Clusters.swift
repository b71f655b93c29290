import FleetHTTP
public import InterfaceProfile

/// A cluster to be made.
public struct ClusterDefinition: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Names of its servers, those of the control plane first.
    public var nodes: [String]
    /// How many of them, the first ones, are of the control plane.
    public var controlPlane = 1
    /// `name:version` of each taskserv, in the order of installing, on all nodes.
    public var taskservs: [String] = []
    /// OpenSSH public keys that may log in to its servers.
    public var authorizedKeys: [String] = []
    /// Where its servers come from; nil: the platform's choice.
    public var provider: String?

    /// A cluster of these nodes.
    public init(_ name: String, nodes: [String]) {
        self.name = name
        self.nodes = nodes
    }

    /// The members of the submission.
    public func members(_ profile: InterfaceProfile) -> [String: JSONValue] {
        let fields = profile.fields.submission
        var members: [String: JSONValue] = [
            fields.name: .string(name), fields.clusterType: "kubernetes", fields.controlPlane: .integer(controlPlane),
            fields.workers: .integer(nodes.count - controlPlane),
            fields.servers: .array(nodes.map(JSONValue.string)),
            fields.taskservs: .array(taskservs.map(JSONValue.string)),
            fields.authorizedKeys: .array(authorizedKeys.map(JSONValue.string)),
        ]
        members[fields.provider] = provider.map(JSONValue.string)
        return members
    }
}

/// A cluster as the orchestrator describes it.
public struct ClusterInfo: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The name at which its control plane is found, without a final dot.
    public var dnsName: String?
    /// Names of its servers.
    public var nodes: [String]
    /// Names of the servers of its control plane.
    public var controlPlane: [String]
    /// Its state, in lower case.
    public var status: String

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.cluster
        self.name = try answer.text(value, names.name)
        self.dnsName = value[names.dnsName]?.string
        self.nodes = (value[names.nodes]?.array ?? []).compactMap(\.string)
        self.controlPlane = (value[names.controlPlane]?.array ?? []).compactMap(\.string)
        self.status = try answer.text(value, names.status).lowercased()
    }
}

extension OrchestratorClient {
    /// Submits the creation of a cluster.
    ///
    /// - Returns: the id of the task.
    public func createCluster(_ cluster: ClusterDefinition) async throws -> String {
        try await submit(profile.paths.createCluster, cluster.members(profile))
    }

    /// All clusters.
    public func clusters() async throws -> [ClusterInfo] {
        let answer = try await call(.get, profile.paths.clusters)
        return try answer.elements(try answer.payload()).map { try ClusterInfo($0, answer) }
    }

    /// One cluster; nil when the platform does not have it.
    public func cluster(_ name: String) async throws -> ClusterInfo? {
        try await absentWhen404 {
            let answer = try await call(.get, filledPath(profile.paths.cluster, name), missing: .noObject)
            return try ClusterInfo(try answer.payload(), answer)
        }
    }

    /// Removes a cluster with its servers if it is there, and waits for it.
    public func removeCluster(_ name: String, within limit: Duration = .seconds(30)) async throws {
        guard try await cluster(name) != nil else { return }
        let body: [String: JSONValue] = [profile.fields.submission.name: .string(name)]
        try await completed(try await submit(profile.paths.deleteCluster, body), within: limit)
    }
}
