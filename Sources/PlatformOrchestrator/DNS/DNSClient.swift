import PlatformService

/// Asks a DNS server.
struct DNSClient: Sendable {
    let zone: DNSName
    let transport: DNSTransport

    /// The name of that label in the zone.
    func name(of label: String) -> DNSName {
        DNSName(labels: label.split(separator: ".").map(String.init) + zone.labels)
    }

    /// The addresses of a name, none if there is no such name.
    func addresses(of name: DNSName) async throws -> [IPv4Address] {
        try await records(of: name, type: DNSType.a).compactMap { record in
            record.type == DNSType.a ? IPv4Address(bytes: record.data) : nil
        }
    }

    /// The records of a name: those of the type, or the CNAME in their place.
    func records(of name: DNSName, type: UInt16) async throws -> [DNSRecord] {
        let query = DNSMessage.query(id: .random(in: 0...UInt16.max), name: name, type: type)
        let answer = try DNSReader.message(try await transport.exchange(query.encoded()))
        guard [DNSResponseCode.noError, DNSResponseCode.noSuchName].contains(answer.responseCode) else {
            let code = DNSResponseCode.name(answer.responseCode)
            throw PlatformError(
                .unavailable, "the DNS server \(transport.server) answers \(code) to a question for \(name)")
        }
        return answer.answers.filter { $0.name == name }
    }

    /// Throws when the server does not answer for the zone.
    func checkZone() async throws {
        guard try await records(of: zone, type: DNSType.soa).contains(where: { $0.type == DNSType.soa }) else {
            throw PlatformError(.unavailable, "the DNS server \(transport.server) does not serve \(zone)")
        }
    }

    /// True when the server says of the name exactly what it should.
    func says(_ entries: [DNSEntry], of name: DNSName) async throws -> Bool {
        let kinds = entries.isEmpty ? DNSEntry.Kind.allCases : Array(Set(entries.map(\.kind)))
        for kind in kinds {
            let wanted = Set(entries.filter { $0.kind == kind }.map { $0.record(of: name).data })
            let found = try await records(of: name, type: kind.number)
            guard found.count == wanted.count, Set(found.map(\.data)) == wanted else { return false }
        }
        return true
    }
}
