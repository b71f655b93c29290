import PlatformService

/// The state of a cluster, spelled as callers see it.
enum ClusterStatus: String, Sendable, Codable {
    case creating, running, deleting
}

/// A cluster, as it is kept and, but for `createdBy`, as callers see it.
struct ClusterRecord: Sendable, Codable, Hashable {
    let id: String
    let name: String
    let type: String
    /// The name at which its control plane is found.
    let dnsName: String
    let provider: String
    let infra: String
    /// Names of servers, those of the control plane first.
    let nodes: [String]
    let controlPlane: [String]
    /// `name:version` or `name` of each taskserv, in the order of installing.
    let taskservs: [String]
    var status: ClusterStatus = .creating
    let createdAt: Timestamp
    /// The task that made it: a repeat of that task finds its own cluster.
    let createdBy: TaskID

    enum CodingKeys: String, CodingKey {
        case id, name, provider, infra, nodes, taskservs, status
        case type = "cluster_type"
        case dnsName = "dns_name"
        case controlPlane = "control_plane"
        case createdAt = "created_at"
        case createdBy = "created_by"
    }
}
