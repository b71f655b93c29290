import FleetModel
import FleetTestKit
import InterfaceProfile

extension DNSTests {
    static let registrationOnCreation = test(
        "services/dns/registration-on-creation", "DNS registration on server creation", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let label = context.unique("born")
        let name = "\(label).\(try context.zone)"
        let serial = try await context.zoneSerial()
        try await context.step("saying what would be created registers nothing") {
            try await platform.completed(try await platform.createServers([label], checkMode: true))
            try await context.expectAddresses([], of: name, within: .zero)
        }
        let server = try await context.step("create the server") { try await context.makeServer("web") }
        let created = try require(server.dnsName, "the server's name in the DNS")
        let address = try require(server.address, "the server's address")
        try await context.step("name and address are the server's own") {
            try expectEqual(created, "\(server.name).\(try context.zone)", "the name in the DNS")
            try await context.expectAddresses([address], of: created)
        }
        try await context.step("the record was there when the task had ended, and the zone has grown") {
            let later = try await context.zoneSerial()
            try expect(later > serial, "the serial is greater than \(serial)", actual: later)
            let answer = try await context.dns.query(created, .a)
            try expect(answer.isAuthoritative, "the answer is authoritative", actual: answer)
            let ttl = Int(try require(answer.answers.first, "the record").ttl)
            try expectEqual(ttl, context.profile.dns.ttl, "the TTL")
        }
        try await context.step("the orchestrator lists the same") {
            let listed = try await platform.dnsRecords().filter { $0.name == created }
            try expectEqual(listed.map(\.type), ["A"], "the types of the listed records")
            try expectEqual(listed.map(\.value), [address], "the listed addresses")
            try expectEqual(listed.map(\.ttl), [context.profile.dns.ttl], "the listed TTLs")
        }
        try await context.step("a second server of the name is refused, and changes nothing") {
            try await expectRefusal("a server of the same name", statuses: 409...409) {
                _ = try await platform.createServers([server.name])
            }
            try await context.expectAddresses([address], of: created)
        }
    }

    static let cleanupOnDeletion = test(
        "services/dns/cleanup-on-deletion", "DNS cleanup on server deletion", modes: .from(.solo), estimate: 3
    ) { context in
        let platform = try await context.platform
        let servers = try await context.step("create two servers") { try await context.makeServers(["goes", "stays"]) }
        let names = try servers.map { try require($0.dnsName, "the name of \($0.name)") }
        let addresses = try servers.map { try require($0.address, "the address of \($0.name)") }
        let friend = try await context.step("somebody registers a name for the first one's address") {
            try await context.makeRecord("friend", .a, addresses[0])
        }
        try await context.step("delete the first one") {
            try await platform.completed(try await platform.deleteServers([servers[0].name]))
        }
        try await context.step("its name does not exist any more") {
            try await context.expectAddresses([], of: names[0])
            let answer = try await context.dns.query(names[0], .a)
            try expectEqual(answer.code, .nameError, "the answer for the deleted server's name")
            let listed = try await platform.dnsRecords().filter { $0.name == names[0] }
            try expectEqual(listed, [], "the records that the orchestrator lists for it")
        }
        try await context.step("the other one's name is untouched, and so is what was registered by hand") {
            try await context.expectAddresses([addresses[1]], of: names[1], within: .zero)
            try await context.expectAddresses([addresses[0]], of: friend, within: .zero)
        }
        try await context.step("a new server of the old name gets a record of its own") {
            try await platform.completed(try await platform.createServers([servers[0].name]))
            let reborn = try require(try await platform.server(servers[0].name), "the new server")
            try await context.expectAddresses([try require(reborn.address, "its address")], of: names[0])
        }
        try await context.step("a name that belongs to a server cannot be removed by hand") {
            try await expectRefusal("removing a server's record", statuses: 409...409) {
                _ = try await platform.removeRecords(of: names[1])
            }
            try await context.expectAddresses([addresses[1]], of: names[1], within: .zero)
        }
    }

    static let updatesOnAddressChange = test(
        "services/dns/updates-on-ip-change", "DNS updates on IP change", modes: .from(.solo), estimate: 3
    ) { context in
        let platform = try await context.platform
        let identity = try await context.makeIdentity()
        let before = try await context.step("create a server") {
            try await context.makeServer("moves", identity: identity)
        }
        let name = try require(before.dnsName, "the name")
        let old = try require(before.address, "the address")
        let serial = try await context.zoneSerial()
        let after = try await context.step("give it another address") {
            try await platform.completed(try await platform.changeAddress(of: [before.name], to: "auto"))
            return try require(try await platform.server(before.name), "the server")
        }
        let new = try require(after.address, "the new address")
        try await context.step("the name has the new address, and no longer the old one") {
            try expect(new != old, "the address is another one", actual: new)
            try await context.expectAddresses([new], of: name)
            let later = try await context.zoneSerial()
            try expect(later > serial, "the serial is greater than \(serial)", actual: later)
            let listed = try await platform.dnsRecords().filter { $0.name == name }.map(\.value)
            try expectEqual(listed, [new], "the addresses that the orchestrator lists")
        }
        try await context.step("the server is where its name says, and not where it was") {
            let words = try await context.ssh(to: after, identity: identity.privateKeyFile)
                .output(of: "echo \"$SSH_CONNECTION\"").split(separator: " ").map(String.init)
            try expectEqual(words.dropFirst(2).first, new, "the address that the session came in at")
            // Another server may have that address by now, but not this one's host key.
            do {
                _ = try await context.ssh(to: before, identity: identity.privateKeyFile).execute("true")
                try expect(false, "the server is not at \(old) any more", actual: "it answered there")
            } catch let failure as SSHFailure {
                context.log.info("the old address", ["answer": failure.reason])
            }
        }
        try await context.step("an address that another server has is refused, and changes nothing") {
            let other = try await context.makeServer("holds")
            let taken = try require(other.address, "the address of the other server")
            let task = try await platform.ended(try await platform.changeAddress(of: [before.name], to: taken))
            try expectEqual(task.state, .failed, "the state of the change")
            try await context.expectAddresses([new], of: name)
            try await context.expectAddresses([taken], of: try require(other.dnsName, "the other one's name"))
        }
    }
}
