import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes names of servers into a zone by signed updates (RFC 2136), and asks the server whether it took them.
struct DNSRegistrar: Sendable {
    let zone: DNSName
    let ttl: Int
    private let transport: DNSTransport
    private let key: TSIG

    init(zone: DNSName, ttl: Int, transport: DNSTransport, key: TSIG) {
        self.zone = zone
        self.ttl = ttl
        self.transport = transport
        self.key = key
    }

    /// The full name of a server.
    func name(of server: String) -> DNSName { DNSName(labels: [server] + zone.labels) }

    /// Gives the server's name that address, in place of any other, and asks for it.
    func register(_ server: String, address: IPv4Address) async throws {
        let name = name(of: server)
        try await update([
            .deletion(of: name, type: DNSType.a), .address(name, address, ttl: ttl),
        ])
        let found = try await addresses(of: name)
        guard found == [address] else {
            let seen = found.map(\.description).joined(separator: ", ")
            throw PlatformError(
                .failed,
                "the DNS server took the update, but \(name) is \(seen.isEmpty ? "nothing" : seen), not \(address)")
        }
    }

    /// Removes every record of the server's name, and asks for it.
    func unregister(_ server: String) async throws {
        let name = name(of: server)
        try await update([.deletion(of: name, type: DNSType.any)])
        let found = try await addresses(of: name)
        guard found.isEmpty else {
            throw PlatformError(.failed, "the DNS server took the update, but \(name) still is \(found[0])")
        }
    }

    /// The addresses of a name, none if there is no such name.
    func addresses(of name: DNSName) async throws -> [IPv4Address] {
        let query = DNSMessage.query(id: .random(in: 0...UInt16.max), name: name, type: DNSType.a)
        let answer = try DNSReader.message(try await transport.exchange(query.encoded()))
        guard [DNSResponseCode.noError, DNSResponseCode.noSuchName].contains(answer.responseCode) else {
            let code = DNSResponseCode.name(answer.responseCode)
            throw PlatformError(.failed, "the DNS server \(transport.server) answers \(code) to a question for \(name)")
        }
        return answer.answers.compactMap { record in
            record.type == DNSType.a && record.name == name ? IPv4Address(bytes: record.data) : nil
        }
    }

    /// Throws when the server does not answer for the zone.
    func checkZone() async throws {
        let query = DNSMessage.query(id: .random(in: 0...UInt16.max), name: zone, type: DNSType.soa)
        let answer = try DNSReader.message(try await transport.exchange(query.encoded()))
        guard answer.responseCode == DNSResponseCode.noError, answer.answers.contains(where: { $0.type == DNSType.soa })
        else {
            let code = DNSResponseCode.name(answer.responseCode)
            throw PlatformError(.unavailable, "the DNS server \(transport.server) does not serve \(zone) (\(code))")
        }
    }

    private func update(_ changes: [DNSRecord]) async throws {
        let message = DNSMessage.update(id: .random(in: 0...UInt16.max), zone: zone, changes: changes)
        let signed = key.sign(message, time: Self.seconds())
        let bytes = try await transport.exchange(signed.bytes)
        let code = try DNSReader.message(bytes).responseCode
        guard code == DNSResponseCode.noError else {
            throw PlatformError(
                .failed,
                "the DNS server \(transport.server) refuses to change \(zone): \(DNSResponseCode.name(code)); "
                    + "check that the key \(key.name) may update the zone")
        }
        try key.verify(bytes, requestMAC: signed.mac, time: Self.seconds())
    }

    private static func seconds() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }
}
