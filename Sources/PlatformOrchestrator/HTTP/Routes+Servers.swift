import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Servers, and the DNS records that belong to them.
    func addServers(to router: Router<Context>) {
        router.get(path(paths.servers)) { _, _ in
            try Answer.data(await services.registry.all.map(ServerView.init))
        }
        router.get(path(paths.server)) { _, context in
            let name = try context.parameters.require("name")
            guard let server = await services.registry.server(name) else {
                throw PlatformError(.notFound, "there is no server \(name)")
            }
            return try Answer.data(ServerView(server))
        }
        router.delete(path(paths.server)) { _, context in
            try await submitDeletion(of: try context.parameters.require("name"))
        }
        router.get(path(paths.dnsRecords)) { _, _ in
            let ttl = services.dns.ttl
            let records = await services.registry.all.compactMap { DNSRecordView($0, ttl: ttl) }
            return try Answer.data(records)
        }
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
        try container.encode(record.infra, forKey: .infra)
        try container.encode(record.settings, forKey: .settings)
        try container.encode(record.address, forKey: .address)
        try container.encode(record.sshPort, forKey: .sshPort)
        try container.encode(record.sshUser, forKey: .sshUser)
        try container.encode(record.sshHostKey, forKey: .sshHostKey)
        try container.encode(record.status, forKey: .status)
        try container.encode(record.createdAt, forKey: .createdAt)
        try container.encode(record.taskservs, forKey: .taskservs)
    }
}

/// A record that the orchestrator registered, from its own books: a second witness beside the DNS server.
private struct DNSRecordView: Encodable, Sendable {
    let name: String
    let type = "A"
    let value: String
    let ttl: Int

    /// Nil when the server's name is not registered, or no more.
    init?(_ server: ServerRecord, ttl: Int) {
        guard let address = server.address, server.status == .running || server.status == .stopped else { return nil }
        name = server.dnsName
        value = address.description
        self.ttl = ttl
    }

    enum CodingKeys: String, CodingKey {
        case name, value, ttl
        case type = "record_type"
    }
}
