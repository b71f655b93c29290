import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Servers, and where they come from.
    func addServers(to router: Router<Context>) {
        router.get(path(paths.servers)) { _, context in
            let caller = try context.caller()
            let seen = await services.registry.all.filter { services.guard.shows(.server, $0.hostname, to: caller) }
            return try Answer.data(seen.map(ServerView.init))
        }
        router.get(path(paths.server)) { _, context in
            let name = try context.parameters.require("name")
            guard let server = await services.registry.server(name) else {
                throw PlatformError(.notFound, "there is no server \(name)")
            }
            return try Answer.data(ServerView(server))
        }
        router.delete(path(paths.server)) { _, context in
            try await submitDeletion(of: try context.parameters.require("name"), context)
        }
        router.get(path(paths.providers)) { _, _ in try Answer.data(services.providers.all.map(\.offer)) }
    }
}

/// A server as callers see it: the record without what is ours alone.
private struct ServerView: Encodable, Sendable {
    let record: ServerRecord

    init(_ record: ServerRecord) { self.record = record }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ServerRecord.CodingKeys.self)
        try container.encode(record.id, forKey: .id)
        try container.encode(record.hostname, forKey: .hostname)
        try container.encode(record.dnsName, forKey: .dnsName)
        try container.encode(record.provider, forKey: .provider)
        try container.encode(record.providerID, forKey: .providerID)
        try container.encode(record.zone, forKey: .zone)
        try container.encode(record.plan, forKey: .plan)
        try container.encode(record.simulated, forKey: .simulated)
        try container.encode(record.infra, forKey: .infra)
        try container.encode(record.settings, forKey: .settings)
        try container.encode(record.address, forKey: .address)
        try container.encode(record.sshPort, forKey: .sshPort)
        try container.encode(record.sshUser, forKey: .sshUser)
        try container.encode(record.sshHostKey, forKey: .sshHostKey)
        try container.encode(record.status, forKey: .status)
        try container.encode(record.createdAt, forKey: .createdAt)
        try container.encode(record.taskservs, forKey: .taskservs)
        try container.encode(record.tags ?? [], forKey: .tags)
    }
}
