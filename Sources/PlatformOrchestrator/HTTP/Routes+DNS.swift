import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// The records that the platform registered, and those that callers want beside them.
    func addDNS(to router: Router<Context>) {
        router.get(path(paths.dnsRecords)) { _, _ in
            let waiting = Set(await services.dns.waiting)
            return try Answer.data(
                await services.dns.entries.flatMap { wish in
                    wish.entries.map { DNSRecordView(wish, $0, isRegistered: !waiting.contains(wish.name)) }
                })
        }
        router.post(path(paths.dnsRecords)) { request, context in
            let wanted = try await body(WantedRecord.self, request, context)
            let name = try wanted.name(in: services.dns.client.zone)
            let entry = try wanted.entry(ttl: services.dns.ttl)
            let outcome = try await services.dns.add(entry, to: name)
            let view = DNSRecordView(name.description, entry, isRegistered: outcome == .fulfilled)
            return try Answer.data(view, status: .created)
        }
        router.delete(path(paths.dnsRecord)) { _, context in
            let label = try context.parameters.require("name")
            let name = try WantedRecord.checked(label, in: services.dns.client.zone)
            guard let wish = await services.dns.entries.first(where: { $0.name == name.description }) else {
                throw PlatformError(.notFound, "the platform registered no records of \(name)")
            }
            guard wish.owner == .user else {
                throw PlatformError(.conflict, "the name \(name) belongs to a \(wish.owner.rawValue), and goes with it")
            }
            try await services.dns.remove(name, owner: .user)
            return try Answer.data(name.description)
        }
    }
}

/// A record from the orchestrator's own books: a second witness beside the DNS server.
private struct DNSRecordView: Encodable, Sendable {
    let name: String
    let type: String
    let value: String
    let ttl: Int
    /// False while the DNS server has not said so.
    let registered: Bool

    init(_ wish: DNSBook.Wish, _ entry: DNSEntry, isRegistered: Bool) {
        self.init(wish.name, entry, isRegistered: isRegistered)
    }

    init(_ name: String, _ entry: DNSEntry, isRegistered: Bool) {
        self.name = name
        type = entry.kind.rawValue
        value = entry.value
        ttl = entry.ttl
        registered = isRegistered
    }

    enum CodingKeys: String, CodingKey {
        case name, value, ttl, registered
        case type = "record_type"
    }
}

/// A record that somebody wants beside those of servers and clusters.
private struct WantedRecord: Decodable, Sendable {
    let name: String
    let type: String
    let value: String
    let ttl: Int?

    enum CodingKeys: String, CodingKey {
        case name, value, ttl
        case type = "record_type"
    }

    func name(in zone: DNSName) throws -> DNSName { try Self.checked(name, in: zone) }

    func entry(ttl usual: Int) throws -> DNSEntry {
        guard let kind = DNSEntry.Kind(rawValue: type.uppercased()) else {
            let known = DNSEntry.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "record_type: \"\(type)\" is none of \(known)")
        }
        return try DNSEntry(kind, value, ttl: ttl ?? usual)
    }

    /// The name in the zone that a text means: one label, or the full name.
    static func checked(_ text: String, in zone: DNSName) throws -> DNSName {
        let name = try DNSName(text)
        let label = name.labels.count == 1 ? name.labels[0] : name.labels.first ?? ""
        let isInside = name.labels.count == 1 || Array(name.labels.dropFirst()) == zone.labels
        guard isInside, isResourceName(label) else {
            throw PlatformError(.invalid, "name: \"\(text)\" is no name in \(zone); \(resourceNameRule)")
        }
        return DNSName(labels: [label] + zone.labels)
    }
}
