import FleetModel
import FleetTestKit
import InterfaceProfile

extension DNSTests {
    static let multipleServerRecords = test(
        "services/dns/multiple-server-records", "Multiple server DNS records", modes: .from(.solo), estimate: 4
    ) { context in
        let platform = try await context.platform
        let servers = try await context.step("create five servers at once") {
            try await context.makeServers((1...5).map { "many\($0)" })
        }
        let names = try servers.map { try require($0.dnsName, "the name of \($0.name)") }
        let addresses = try servers.map { try require($0.address, "the address of \($0.name)") }
        try await context.step("each has a name and an address of its own") {
            try expectEqual(Set(names).count, 5, "the number of names")
            try expectEqual(Set(addresses).count, 5, "the number of addresses")
            for (name, address) in zip(names, addresses) { try await context.expectAddresses([address], of: name) }
        }
        try await context.step("the names are answered to many who ask at once") {
            let dns = try context.dns
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<50 {
                    group.addTask {
                        let found = try await dns.values(names[index % 5], .a)
                        try expectEqual(found, [addresses[index % 5]], "the addresses of \(names[index % 5])")
                    }
                }
                try await group.waitForAll()
            }
        }
        try await context.step("delete three of them at once") {
            try await platform.completed(try await platform.deleteServers(servers.prefix(3).map(\.name)))
        }
        try await context.step("their names are gone, those of the others are not") {
            for name in names.prefix(3) { try await context.expectAddresses([], of: name) }
            for (name, address) in zip(names, addresses).suffix(2) {
                try await context.expectAddresses([address], of: name, within: .zero)
            }
            let listed = try await platform.dnsRecords().map(\.name).filter { names.contains($0) }
            try expectEqual(Set(listed), Set(names.suffix(2)), "the names that the orchestrator lists")
        }
    }

    static let zoneTransfers = test(
        "services/dns/zone-transfers", "Zone transfers (if enabled)", modes: .from(.solo), estimate: 2
    ) { context in
        let dns = try context.dns
        let zone = try context.zone
        let server = try await context.step("create a server") { try await context.makeServer("listed") }
        let name = try require(server.dnsName, "the name")
        let address = try require(server.address, "the address")
        guard context.invocation.endpoints["dns", "transfer"] == "allowed" else {
            return try await context.step("transfers are not enabled, so they are refused") {
                try await expectNoTransfer(of: zone, from: nil, context)
            }
        }
        try await context.step("the transferred zone is whole") {
            let records = try await eventually("the transfer has \(name)") {
                let records = try await dns.transfer(zone: zone)
                try expectContains(records.map(\.name), name, "the names of the zone")
                return records
            }
            try expectEqual(records.first?.type, .soa, "the type of the first record")
            try expectEqual(records.last, records.first, "the last record")
            try expectEqual(records.filter { $0.type == .soa }.count, 2, "the number of SOA records")
            let own = records.filter { $0.name == name }
            try expectEqual(own.map(\.value), [.address(address)], "the records of \(name)")
            try expectEqual(own.map { Int($0.ttl) }, [context.profile.dns.ttl], "the TTL of the record")
            let strangers = records.filter { $0.name != zone && !$0.name.hasSuffix(".\(zone)") }
            try expectEqual(strangers, [], "the records of other zones")
        }
        try await context.step("a deleted server is in no later transfer") {
            try await context.platform.removeServer(server.name)
            try await eventually("the transfer is without \(name)") {
                let names = try await dns.transfer(zone: zone).map(\.name)
                try expect(!names.contains(name), "the zone is without \(name)")
            }
        }
        try await context.step("no other zone is handed out") {
            try await expectNoTransfer(of: "example.org", from: nil, context)
        }
        if let refused = context.invocation.endpoints["dns", "transfer-refused-from"] {
            try await context.step("servers may not have it") {
                try await expectNoTransfer(of: zone, from: refused, context)
            }
        }
        try await expectSignedChangesOnly(context)
    }

    private static func expectNoTransfer(
        of zone: String, from source: String?, _ context: TestContext, filePath: String = #filePath, line: Int = #line
    ) async throws {
        do {
            let records = try await context.dns.transfer(zone: zone, from: source)
            try expect(
                false, "the transfer of \(zone) is refused", actual: "\(records.count) records", filePath: filePath,
                line: line)
        } catch let failure as DNSFailure {
            try expectContains(
                [.refused, .notAuthoritative], try require(failure.code, "a refusal in “\(failure)”"),
                "the ways to refuse a transfer", filePath: filePath, line: line)
        }
    }

    /// Nobody changes the zone without the key: a change that is not signed, or wrongly, is refused and changes nothing.
    private static func expectSignedChangesOnly(_ context: TestContext) async throws {
        let dns = try context.dns
        let zone = try context.zone
        let name = "\(context.unique("forged")).\(zone)"
        let change = DNSUpdate(zone: zone, name: name, address: "192.0.2.66")
        try await context.step("a change without a signature is refused") {
            let code = try await dns.update(change)
            try expectContains([.refused, .notAuthoritative, .notImplemented], code, "the ways to refuse a change")
        }
        let secrets = context.invocation.credentials["dns"] ?? [:]
        guard let keyName = secrets["key-name"], let secret = secrets["secret"] else { return }
        try await context.step("a change with a wrong signature is refused") {
            let wrong = String(secret.prefix(4) == "AAAA" ? "BBBB" : "AAAA") + secret.dropFirst(4)
            let forged = try require(TSIGKey(name: keyName, secret: wrong), "a key in base64")
            let code = try await dns.update(change, signedWith: forged)
            try expectContains([.refused, .notAuthoritative], code, "the ways to refuse a change")
        }
        try await context.step("neither changed anything") {
            try await context.expectAddresses([], of: name, within: .zero)
        }
        // So that a server which refuses everything does not pass.
        try await context.step("the same change with the right signature is made") {
            let key = try require(TSIGKey(name: keyName, secret: secret), "the key in base64")
            await context.cleanup("remove \(name)") {
                _ = try await dns.update(DNSUpdate(zone: zone, name: name, address: nil), signedWith: key)
            }
            try expectEqual(try await dns.update(change, signedWith: key), .noError, "the answer")
            try await context.expectAddresses(["192.0.2.66"], of: name)
        }
    }
}
