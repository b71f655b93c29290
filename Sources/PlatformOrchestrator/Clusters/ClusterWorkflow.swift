import Logging
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes clusters and removes them: servers, the taskservs on them in order, and a name for the control plane.
struct ClusterWorkflow: Sendable {
    let clusters: ClusterRegistry
    let servers: ServerWorkflow
    let taskservs: TaskservWorkflow
    let logger: Logger

    /// Makes the whole cluster, or nothing: after a failure or a cancellation its servers are removed, with all on them.
    func create(_ order: ClusterOrder, task: TaskID, output: TaskOutput) async throws {
        guard !order.nodes.checkMode else {
            try await servers.create(order.nodes, task: task, output: output)
            return await output.add("\(order.name): would be made of \(order.nodes.servers.joined(separator: ", "))")
        }
        if let there = await clusters.cluster(order.name), there.createdBy == task {
            // An attempt that a restart cut short: what it made is taken up by name.
            if there.status == .running { return await output.add("\(order.name): is there already, by this task") }
        } else {
            try await clusters.add(record(order, task))
        }
        do {
            try await servers.create(order.nodes, task: task, output: output)
            for part in order.parts { try await install(part, order, output) }
            try await register(order)
            try await clusters.set(.running, of: order.name)
            await output.add("\(order.name): runs on \(order.nodes.servers.count) servers")
        } catch {
            await output.add("failed: \(words(of: error))")
            // A task of its own, so that a cancellation that led here does not stop the undoing; awaited at once.
            await Task { await undo(order.name, order.nodes.servers, task, output) }.value
            throw error
        }
    }

    /// Removes a cluster with its servers. One that is gone already is not an error: the order was carried out before.
    func delete(_ order: ClusterDeletion, output: TaskOutput) async throws {
        guard let cluster = await clusters.cluster(order.name) else {
            return await output.add("\(order.name): is gone already")
        }
        guard !order.checkMode else {
            return await output.add("\(order.name): would be removed with \(cluster.nodes.joined(separator: ", "))")
        }
        try await clusters.set(.deleting, of: order.name)
        try await servers.dns.remove(servers.dns.client.name(of: order.name), owner: .cluster)
        try await servers.delete(deletion(cluster.nodes.reversed(), infra: cluster.infra), output: output)
        try await clusters.forget(order.name)
        await output.add("\(order.name): removed")
    }

    /// After a restart: clusters that were being removed are removed; those half made are taken up by their task, or go
    /// when there is none.
    func recover(unfinished: Set<TaskID>) async {
        for cluster in await clusters.all where cluster.status != .running {
            guard cluster.status == .deleting || !unfinished.contains(cluster.createdBy) else { continue }
            logger.warning("removing a cluster that a restart cut short", metadata: ["cluster": "\(cluster.name)"])
            await undo(cluster.name, cluster.nodes, cluster.createdBy, TaskOutput())
        }
    }
}

extension ClusterWorkflow {
    private func record(_ order: ClusterOrder, _ task: TaskID) -> ClusterRecord {
        ClusterRecord(
            id: UUID().uuidString.lowercased(), name: order.name, type: order.type,
            dnsName: servers.dns.client.name(of: order.name).description, provider: order.nodes.provider,
            infra: order.nodes.infra, nodes: order.nodes.servers, controlPlane: order.controlPlaneNodes,
            taskservs: order.parts.map { part in
                let wanted = part.taskserv
                return wanted.id.name + (wanted.constraint.acceptsAnyRelease ? "" : ":\(wanted.constraint)")
            }, createdAt: .now(), createdBy: task)
    }

    private func install(_ part: ClusterOrder.Part, _ order: ClusterOrder, _ output: TaskOutput) async throws {
        let nodes = order.nodes(of: part)
        let all = await addresses(of: order.nodes.servers)
        let control = await addresses(of: order.controlPlaneNodes)
        for node in nodes {
            let role: ClusterOrder.Part.Place = order.controlPlaneNodes.contains(node) ? .controlPlane : .workers
            let variables = [
                "CLUSTER_NAME": order.name, "CLUSTER_TYPE": order.type, "CLUSTER_ROLE": role.rawValue,
                "CLUSTER_NODES": all.joined(separator: " "),
                "CLUSTER_CONTROL_PLANE": control.joined(separator: " "),
            ]
            let installation = TaskservOrder(
                infra: order.nodes.infra, operation: .create, taskserv: part.taskserv, servers: [node],
                checkMode: false, variables: variables)
            try await taskservs.perform(installation, output: output)
        }
    }

    private func addresses(of hostnames: [String]) async -> [String] {
        var found: [String] = []
        for hostname in hostnames {
            if let address = await servers.registry.server(hostname)?.address { found.append(address.description) }
        }
        return found
    }

    /// The cluster's name leads to its control plane: a CNAME to the only node, or the addresses of all.
    private func register(_ order: ClusterOrder) async throws {
        let dns = servers.dns
        let control = order.controlPlaneNodes
        var entries: [DNSEntry] = []
        if control.count == 1 {
            entries = [try DNSEntry(.cname, dns.client.name(of: control[0]).description, ttl: dns.ttl)]
        } else {
            entries = try await addresses(of: control).map { try DNSEntry(.a, $0, ttl: dns.ttl) }
        }
        try await dns.set(dns.client.name(of: order.name), entries, owner: .cluster)
    }

    private func deletion(_ hostnames: [String], infra: String) -> ServerOrder {
        ServerOrder(infra: infra, servers: hostnames, checkMode: false, authorizedKeys: [])
    }

    /// Removes what the task made of a cluster, as far as that goes.
    private func undo(_ name: String, _ hostnames: [String], _ task: TaskID, _ output: TaskOutput) async {
        do {
            try await servers.dns.remove(servers.dns.client.name(of: name), owner: .cluster)
            var own: [String] = []
            for hostname in hostnames.reversed() {
                if await servers.registry.server(hostname)?.createdBy == task { own.append(hostname) }
            }
            await servers.undo(own, output)
            try await clusters.forget(name)
            await output.add("\(name): rolled back")
        } catch {
            logger.error(
                "a cluster cannot be removed", metadata: ["cluster": "\(name)", "error": "\(words(of: error))"])
            await output.add("\(name): cannot be removed: \(words(of: error))")
        }
    }
}
