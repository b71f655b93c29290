import PlatformExtensions
import PlatformService

/// The body of a workflow's submission, as it came; each kind of work checks what it needs.
struct Submission: Codable, Sendable, Hashable {
    var infra: String?
    var settings: String?
    var servers: [String]?
    var checkMode: Bool?
    var wait: Bool?
    var operation: String?
    var taskserv: String?
    var priority: Int?
    var dependencies: [String]?
    var maximumAttempts: Int?
    var authorizedKeys: [String]?
    /// Words of the caller's own, kept with new servers.
    var tags: [String]?
    /// Where new servers belong, for the policy.
    var workspace: String?
    var environment: String?
    var provider: String?
    var zone: String?
    var plan: String?
    var address: String?
    var name: String?
    var clusterType: String?
    var controlPlane: Int?
    var workers: Int?
    var taskservs: [ClusterPart]?
    /// Whether the answer is `{"workflow_id":…}` instead of the bare id, as callers of the documented form read it.
    var isAnsweredByWorkflow = false

    enum CodingKeys: String, CodingKey, CaseIterable {
        case infra, settings, servers, wait, workspace, environment, operation, taskserv, priority, dependencies
        case provider, zone, plan, name, workers, taskservs, tags
        case address = "ip_address"
        case clusterType = "cluster_type"
        case controlPlane = "control_plane"
        case checkMode = "check_mode"
        case maximumAttempts = "max_attempts"
        case authorizedKeys = "authorized_keys"
    }

    /// At most so many servers in one submission.
    static let maximumServers = 1000

    /// A task that makes the servers.
    func creation() throws -> TaskOrder {
        let order = try serverOrder()
        return try task("create_servers", "servers create", order.servers, .createServers(order))
    }

    /// A task that changes the servers.
    func change() throws -> TaskOrder {
        let order = try updateOrder()
        return try task("update_servers", "servers update", order.servers, .updateServers(order))
    }

    /// A task that removes the servers.
    func deletion() throws -> TaskOrder {
        let order = try serverOrder()
        return try task("delete_servers", "servers delete", order.servers, .deleteServers(order))
    }

    /// A task that installs, checks or removes a taskserv.
    func taskservOperation() throws -> TaskOrder {
        let order = try taskservOrder()
        let verb = order.operation.rawValue
        return try task(
            "\(verb)_taskserv", "taskserv \(verb)", [taskserv ?? ""] + order.servers, .taskserv(order))
    }

    /// A task that makes or removes a cluster.
    func clusterOperation() throws -> TaskOrder {
        switch operation ?? TaskservOrder.Operation.create.rawValue {
        case TaskservOrder.Operation.create.rawValue:
            let order = try clusterOrder()
            return try task("create_cluster", "cluster create", [order.name], .createCluster(order))
        case TaskservOrder.Operation.delete.rawValue: return try clusterDeletion()
        case let other: throw PlatformError(.invalid, "operation: \"\(other)\" is none of create, delete")
        }
    }

    /// A task that removes a cluster.
    func clusterDeletion() throws -> TaskOrder {
        let order = ClusterDeletion(name: try checkedName(), checkMode: checkMode ?? false)
        return try task("delete_cluster", "cluster delete", [order.name], .deleteCluster(order))
    }
}

extension Submission {
    /// Servers to be made or removed.
    func serverOrder() throws -> ServerOrder {
        ServerOrder(
            infra: try checkedInfra(), settings: settings, servers: try checkedServers(),
            provider: provider ?? Providers.standard, zone: zone, plan: plan, checkMode: checkMode ?? false,
            authorizedKeys: try (authorizedKeys ?? []).map(PublicKeyLine.checked), tags: try checkedTags())
    }

    /// Servers to be changed.
    func updateOrder() throws -> ServerUpdateOrder {
        let servers = try checkedServers()
        var wanted: ServerUpdateOrder.Address?
        if let address {
            guard let certain = IPv4Address(address) else {
                guard address == Self.anyAddress else {
                    throw PlatformError(
                        .invalid, "ip_address: \"\(address)\" is no IPv4 address, and not \"\(Self.anyAddress)\"")
                }
                return try updated(servers, .any)
            }
            guard servers.count == 1 else {
                throw PlatformError(.invalid, "ip_address: \(servers.count) servers cannot have one address")
            }
            wanted = .certain(certain)
        }
        return try updated(servers, wanted)
    }

    /// Something to be done with a taskserv.
    func taskservOrder() throws -> TaskservOrder {
        guard let taskserv else { throw PlatformError(.invalid, "taskserv: is missing; give name or name:version") }
        let reference = try ExtensionReference(type: .taskserv, parsing: taskserv)
        let spelling = operation ?? TaskservOrder.Operation.create.rawValue
        guard let operation = TaskservOrder.Operation(rawValue: spelling) else {
            let known = TaskservOrder.Operation.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "operation: \"\(spelling)\" is none of \(known)")
        }
        return TaskservOrder(
            infra: try checkedInfra(), settings: settings, operation: operation, taskserv: reference,
            servers: try checkedServers(), checkMode: checkMode ?? false)
    }

    /// A cluster to be made. Without names, its nodes are called after it.
    func clusterOrder() throws -> ClusterOrder {
        let name = try checkedName()
        let control = controlPlane ?? 1
        let workers = self.workers ?? servers.map { $0.count - control } ?? 0
        guard control >= 1, workers >= 0, control + workers <= 100 else {
            throw PlatformError(
                .invalid, "control_plane, workers: \(control) and \(workers) are not at least 1 and 0 and at most 100")
        }
        var nodes = self
        nodes.servers =
            servers ?? (1...control).map { "\(name)-control-\($0)" } + (0..<workers).map { "\(name)-worker-\($0 + 1)" }
        let order = try nodes.serverOrder()
        guard order.servers.count == control + workers else {
            throw PlatformError(
                .invalid,
                "servers: \(order.servers.count) names for \(control) nodes of the control plane and "
                    + "\(workers) workers")
        }
        return ClusterOrder(
            name: name, type: clusterType ?? "custom", nodes: order, controlPlane: control,
            parts: try (taskservs ?? []).map { try $0.part() })
    }

    private static let anyAddress = "auto"

    private func updated(_ servers: [String], _ address: ServerUpdateOrder.Address?) throws -> ServerUpdateOrder {
        guard address != nil || plan != nil else {
            throw PlatformError(.invalid, "nothing to change: give ip_address, plan, or both")
        }
        return ServerUpdateOrder(
            infra: try checkedInfra(), servers: servers, address: address, plan: plan, checkMode: checkMode ?? false)
    }

    private func checkedName() throws -> String {
        guard let name else { throw PlatformError(.invalid, "name: is missing") }
        guard isResourceName(name), name.utf8.count <= 50 else {
            throw PlatformError(.invalid, "name: \"\(name)\" is no name of at most 50 characters; \(resourceNameRule)")
        }
        return name
    }

    private func task(_ name: String, _ verb: String, _ names: [String], _ work: Work) throws -> TaskOrder {
        let attempts = maximumAttempts ?? 1
        guard (1...10).contains(attempts) else {
            throw PlatformError(.invalid, "max_attempts: \(attempts) is not between 1 and 10")
        }
        var arguments = ["--infra", try checkedInfra()]
        if checkMode == true { arguments.append("--check") }
        return TaskOrder(
            name: name, command: "provisioning \(verb)", arguments: arguments + names,
            dependencies: (dependencies ?? []).map { $0.lowercased() }, priority: priority ?? 0,
            maximumAttempts: attempts, work: work)
    }

    private func checkedInfra() throws -> String {
        let infra = infra ?? "default"
        guard isResourceName(infra) else {
            throw PlatformError(.invalid, "infra: \"\(infra)\" is no name; \(resourceNameRule)")
        }
        return infra
    }

    private func checkedTags() throws -> [String]? {
        guard let tags else { return nil }
        let areRight = tags.allSatisfy { tag in
            (1...100).contains(tag.utf8.count) && tag.utf8.allSatisfy { $0 >= UInt8(ascii: " ") && $0 != 0x7f }
        }
        guard areRight, tags.count <= 50 else {
            throw PlatformError(.invalid, "tags: at most 50 texts of 1 to 100 bytes, without control characters")
        }
        return tags
    }

    private func checkedServers() throws -> [String] {
        guard let servers, !servers.isEmpty else {
            throw PlatformError(.invalid, "servers: is missing; give a list of at least one name")
        }
        guard servers.count <= Self.maximumServers else {
            throw PlatformError(
                .invalid, "servers: \(servers.count) names are more than \(Self.maximumServers) in one request")
        }
        for (index, name) in servers.enumerated() {
            guard isResourceName(name) else {
                throw PlatformError(.invalid, "servers[\(index)]: \"\(name)\" is no name; \(resourceNameRule)")
            }
            guard !servers[..<index].contains(name) else {
                throw PlatformError(.invalid, "servers[\(index)]: \"\(name)\" is named twice")
            }
        }
        return servers
    }
}
