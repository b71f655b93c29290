import PlatformService

/// What a piece of work touches, as the policy asks.
struct Thing: Sendable, Hashable {
    let kind: ResourceKind
    let name: String
    /// Nodes of a cluster that is made.
    var nodeCount = 0
    /// Whether somebody gets a key that opens it.
    var isOpened = false

    static func server(_ name: String) -> Thing { Thing(kind: .server, name: name) }
    static func cluster(_ name: String, nodeCount: Int = 0) -> Thing {
        Thing(kind: .cluster, name: name, nodeCount: nodeCount)
    }
}

extension Work {
    /// Everything that the work makes, changes or removes.
    var things: [Thing] {
        switch self {
        case .createServers(let order), .deleteServers(let order), .checkServers(let order):
            order.servers.map(Thing.server)
        case .updateServers(let order): order.servers.map(Thing.server)
        case .taskserv(let order): order.servers.map(Thing.server)
        case .createCluster(let order):
            [.cluster(order.name, nodeCount: order.nodes.servers.count)] + order.nodes.servers.map(Thing.server)
        case .deleteCluster(let order): [.cluster(order.name)]
        }
    }

    /// Whether it makes the things.
    var isCreation: Bool {
        switch self {
        case .createServers, .createCluster: true
        case .updateServers, .deleteServers, .checkServers, .taskserv, .deleteCluster: false
        }
    }

    /// Whether it only says what it would make.
    var isOnlyChecked: Bool {
        switch self {
        case .createServers(let order): order.checkMode
        case .createCluster(let order): order.nodes.checkMode
        case .updateServers, .deleteServers, .checkServers, .taskserv, .deleteCluster: false
        }
    }

    /// What it is to the policy.
    var action: Action {
        switch self {
        case .createServers, .createCluster: .deploy
        case .updateServers: .update
        case .deleteServers, .deleteCluster: .delete
        case .checkServers: .monitor
        case .taskserv(let order):
            switch order.operation {
            case .create: .deploy
            case .check: .monitor
            case .delete: .delete
            }
        }
    }
}
