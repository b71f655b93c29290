import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Clusters: making, listing, removing.
    func addClusters(to router: Router<Context>) {
        router.get(path(paths.clusters)) { _, _ in
            try Answer.data(await services.clusters.all.map { ClusterView(record: $0) })
        }
        router.get(path(paths.cluster)) { _, context in
            try Answer.data(ClusterView(record: try await cluster(try context.parameters.require("name"))))
        }
        router.delete(path(paths.cluster)) { _, context in
            var submission = Submission()
            submission.name = try context.parameters.require("name")
            return try await submitClusterDeletion(submission, context)
        }
        router.post(path(paths.createCluster)) { request, context in
            let submission = try await submission(request, context)
            let order = try submission.clusterOperation()
            if case .createCluster(let wanted) = order.work {
                try await checkNew(wanted.nodes)
                if let taken = await services.clusters.cluster(wanted.name) {
                    throw PlatformError(
                        .conflict, "there is a cluster \(wanted.name) already (\(taken.status.rawValue))")
                }
                try await claim(order.work, context)
            } else {
                return try await submitClusterDeletion(submission, context)
            }
            return try await submit(order, submission)
        }
        router.post(path(paths.deleteCluster)) { request, context in
            try await submitClusterDeletion(try await submission(request, context), context)
        }
    }

    private func submitClusterDeletion(_ submission: Submission, _ context: Context) async throws -> Response {
        let order = try submission.clusterDeletion()
        try services.guard.check(order.work.things, context, action: order.work.action)
        if order.dependencies.isEmpty { _ = try await cluster(submission.name ?? "") }
        return try await submit(order, submission)
    }

    private func cluster(_ name: String) async throws -> ClusterRecord {
        guard let found = await services.clusters.cluster(name) else {
            throw PlatformError(.notFound, "there is no cluster \(name)")
        }
        return found
    }
}

/// A cluster as callers see it: the record without what is ours alone.
private struct ClusterView: Encodable, Sendable {
    let record: ClusterRecord

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ClusterRecord.CodingKeys.self)
        try container.encode(record.id, forKey: .id)
        try container.encode(record.name, forKey: .name)
        try container.encode(record.type, forKey: .type)
        try container.encode(record.dnsName, forKey: .dnsName)
        try container.encode(record.provider, forKey: .provider)
        try container.encode(record.infra, forKey: .infra)
        try container.encode(record.nodes, forKey: .nodes)
        try container.encode(record.controlPlane, forKey: .controlPlane)
        try container.encode(record.taskservs, forKey: .taskservs)
        try container.encode(record.status, forKey: .status)
        try container.encode(record.createdAt, forKey: .createdAt)
    }
}
