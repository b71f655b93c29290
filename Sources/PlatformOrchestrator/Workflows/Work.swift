import PlatformExtensions

/// What a task does.
enum Work: Sendable, Codable, Hashable {
    case createServers(ServerOrder)
    case updateServers(ServerUpdateOrder)
    case deleteServers(ServerOrder)
    case checkServers(ServerOrder)
    case taskserv(TaskservOrder)
    case createCluster(ClusterOrder)
    case deleteCluster(ClusterDeletion)
}

/// Servers that are to be made or removed.
struct ServerOrder: Sendable, Codable, Hashable {
    var infra: String
    var settings: String?
    var servers: [String]
    var provider = Providers.standard
    /// Nil: the provider's first one.
    var zone: String?
    /// Nil: the provider's usual one.
    var plan: String?
    var checkMode: Bool
    /// Public keys that may log in beside the platform's own.
    var authorizedKeys: [String]
    /// Words of the caller's own; nil as none, as in orders of before there were any.
    var tags: [String]?
}

/// Servers that are to be changed.
struct ServerUpdateOrder: Sendable, Codable, Hashable {
    /// An address that a server is to have.
    enum Address: Sendable, Codable, Hashable {
        /// Any but the one that it has.
        case any
        case certain(IPv4Address)
    }

    var infra: String
    var servers: [String]
    /// Nil: as it is.
    var address: Address?
    /// Nil: as it is.
    var plan: String?
    var checkMode: Bool
}

/// What is to be done with a taskserv on some servers.
struct TaskservOrder: Sendable, Codable, Hashable {
    /// Spelled as in requests.
    enum Operation: String, Sendable, Codable, CaseIterable {
        case create, check, delete
    }

    var infra: String
    var settings: String?
    var operation: Operation
    var taskserv: ExtensionReference
    var servers: [String]
    var checkMode: Bool
    /// What a taskserv of a cluster is told about it, by the names of variables.
    var variables: [String: String] = [:]
}

/// A cluster that is to be made.
struct ClusterOrder: Sendable, Codable, Hashable {
    /// A taskserv of the cluster, and the nodes that have it.
    struct Part: Sendable, Codable, Hashable {
        /// Which nodes have a taskserv, spelled as in requests.
        enum Place: String, Sendable, Codable, CaseIterable {
            case all
            case controlPlane = "control-plane"
            case workers
        }

        var taskserv: ExtensionReference
        var on: Place
    }

    var name: String
    var type: String
    /// Its servers: infrastructure, provider, placement, keys. The names are those of the nodes.
    var nodes: ServerOrder
    /// How many of the nodes, from the first on, are of the control plane.
    var controlPlane: Int
    /// In the order of installing.
    var parts: [Part]

    /// The nodes of the control plane.
    var controlPlaneNodes: [String] { Array(nodes.servers.prefix(controlPlane)) }
    /// The nodes that a part goes to.
    func nodes(of part: Part) -> [String] {
        switch part.on {
        case .all: nodes.servers
        case .controlPlane: controlPlaneNodes
        case .workers: Array(nodes.servers.dropFirst(controlPlane))
        }
    }
}

/// A cluster that is to be removed, with its servers.
struct ClusterDeletion: Sendable, Codable, Hashable {
    var name: String
    var checkMode: Bool
}
