import FleetModel
import FleetTestKit
import InterfaceProfile

extension DNSTests {
    static let resolution = test(
        "services/dns/resolution", "DNS resolution", modes: .from(.solo), estimate: 1
    ) { context in
        let dns = try context.dns
        let zone = try context.zone
        let six = "2001:db8::\(String(UInt16.random(in: 1 ... .max), radix: 16))"
        let host = try await context.step("register a name of every type") {
            try await context.makeRecord("host", .a, "192.0.2.7")
        }
        let wide = try await context.makeRecord("wide", .aaaa, six)
        let alias = try await context.makeRecord("alias", .cname, host)
        let text = try await context.makeRecord("text", .txt, "made by \(host)")
        for transport in DNSClient.Transport.allCases {
            try await context.step("each is answered over \(transport.rawValue)") {
                let expected = [
                    (host, DNSType.a, "192.0.2.7"), (wide, .aaaa, six), (alias, .cname, host),
                    (text, .txt, "\"made by \(host)\""),
                ]
                for (name, type, value) in expected {
                    try await eventually("\(name) has its record") {
                        try expectEqual(
                            try await dns.values(name, type, over: transport), [value], "the \(type) of \(name)")
                    }
                }
            }
        }
        try await context.step("an alias leads to the address") {
            let answer = try await dns.query(alias, .a)
            try expectEqual(answer.answers.map(\.type), [.cname, .a], "the types of the records")
            try expectEqual(answer.answers.last?.value, .address("192.0.2.7"), "the last record's value")
        }
        try await context.step("names are found however they are written") {
            try expectEqual(try await dns.values(host.uppercased(), .a), ["192.0.2.7"], "the addresses")
        }
        try await context.step("no such name, and no such record, are told apart") {
            let nobody = try await dns.query("\(context.unique("nobody")).\(zone)", .a)
            try expectEqual(nobody.code, .nameError, "the answer for a name that does not exist")
            let other = try await dns.query(host, .aaaa)
            try expectEqual(other.code, .noError, "the answer for a type that the name does not have")
            try expectEqual(other.answers, [], "its records")
        }
        try await context.step("what cannot be a record is refused, and registers nothing") {
            for (type, value) in [(DNSType.a, "300.1.1.1"), (.aaaa, "192.0.2.1"), (.cname, "not a name")] {
                let name = "\(context.unique("wrong")).\(zone)"
                try await expectRefusal("\(type) “\(value)”", statuses: 400...400) {
                    try await context.platform.registerRecord(name, type, value)
                }
                try expectEqual(try await dns.query(name, type).code, .nameError, "the answer for \(name)")
            }
        }
    }

    static let externalQueries = test(
        "services/dns/external-queries", "External DNS queries", modes: .from(.solo), estimate: 1
    ) { context in
        let dns = try context.dns
        try await context.step("names of others are forwarded or refused, never claimed") {
            for name in ["example.org", "local", "test.invalid"] {
                let answer = try await dns.query(name, .a)
                try expect(!answer.isAuthoritative, "the answer for \(name) is not authoritative", actual: answer)
                guard !answer.isRecursionAvailable else { continue }
                // A server that asks nobody else knows nothing of them, and must say so.
                try expectContains([.refused, .notAuthoritative], answer.code, "the codes that fit \(name)")
                try expectEqual(answer.answers, [], "the records of \(name)")
            }
        }
        let outside = "\(context.unique("www")).example.org"
        try await context.step("the platform registers no name of another zone") {
            try await expectRefusal("a record of example.org", statuses: 400...400) {
                try await context.platform.registerRecord(outside, .a, "192.0.2.1")
            }
            let listed = try await context.platform.dnsRecords().filter { $0.name == outside }
            try expectEqual(listed, [], "the records that the orchestrator lists for it")
            let answer = try await dns.query(outside, .a)
            try expect(
                !answer.answers.contains { $0.value == .address("192.0.2.1") }, "the name server does not have it",
                actual: answer)
        }
        try await context.step("a name of ours may lead to one of theirs") {
            let name = try await context.makeRecord("elsewhere", .cname, "www.example.org")
            try await eventually("\(name) leads there") {
                let answer = try await dns.query(name, .cname)
                try expectEqual(answer.answers.map(\.value), [.name("www.example.org")], "where \(name) leads")
            }
        }
    }

    static let caching = test(
        "services/dns/caching", "DNS caching", modes: .from(.solo), estimate: 2
    ) { context in
        let dns = try context.dns
        let limit = UInt32(context.profile.dns.ttl)
        let label = context.unique("late")
        let name = "\(label).\(try context.zone)"
        let denied = try await context.step("that a name does not exist may be kept for a bounded time") {
            let answer = try await dns.query(name, .a)
            try expectEqual(answer.code, .nameError, "the code")
            let start = try require(answer.authorities.first { $0.type == .soa }, "the SOA that says how long")
            try expect(start.ttl <= 1800, "it may be kept for at most 1800 s", actual: start.ttl)
            return start.ttl
        }
        let short = try await context.step("a record of 30 s, and one of the platform's usual time") {
            try await context.makeRecord("short", .a, "192.0.2.30", ttl: 30)
        }
        let usual = try await context.makeRecord("usual", .a, "192.0.2.31")
        try await context.step("nobody may keep them for longer, and their time never grows") {
            for (name, limit) in [(short, 30), (usual, limit)] {
                var least = limit
                for _ in 0..<20 {
                    let answer = try await eventually("\(name) resolves") {
                        try require(try await dns.query(name, .a).answers.first, "the record of \(name)")
                    }
                    try expect(
                        (1...least).contains(answer.ttl), "the TTL of \(name) is 1 to \(least) s", actual: answer.ttl)
                    least = answer.ttl
                }
                // The one who owns the zone counts nothing down; only a cache in between would.
                if try await dns.query(name, .a).isAuthoritative { try expectEqual(least, limit, "the TTL of \(name)") }
            }
        }
        try await context.step("what was denied a moment ago is found once it is there") {
            let platform = try await context.platform
            await context.cleanup("delete server \(label)") { try await platform.removeServer(label) }
            try await platform.completed(try await platform.createServers([label]))
            let address = try require(try await platform.server(label)?.address, "the address")
            try await context.expectAddresses([address], of: name, within: .seconds(min(Int(denied) + 5, 60)))
        }
    }
}
