import FleetModel
import FleetTestKit
import InterfaceProfile

extension Scalability {
    /// A record that is registered, and how the name server says it.
    private struct Entry: Sendable {
        let name: String
        let type: DNSType
        let value: String
        let answer: String

        /// One of four kinds in turn.
        static func make(_ number: Int, _ name: String, _ zone: String) -> Entry {
            switch number % 4 {
            case 0: Entry(name: name, type: .a, value: "198.51.100.\(number + 1)", answer: "198.51.100.\(number + 1)")
            case 1: Entry(name: name, type: .aaaa, value: "2001:db8::\(number + 1)", answer: "2001:db8::\(number + 1)")
            case 2: Entry(name: name, type: .cname, value: "ns.\(zone)", answer: "ns.\(zone)")
            default: Entry(name: name, type: .txt, value: "number \(number)", answer: "\"number \(number)\"")
            }
        }
    }

    static func records(_ count: Int) -> DeclaredTest {
        test(
            "performance/scalability/dns-records", "100 DNS records", modes: .from(.solo), estimate: 5,
            tags: ["knob:faults.drop_zone_changes_every"]
        ) { context in
            let calls = try await Calls(context)
            let zone = try context.zone
            let entries = (0..<count).map { Entry.make($0, context.unique("entry-\($0)"), zone) }
            await context.cleanup("remove \(count) records") {
                try await load(clients: 8, count: count) { try await calls.unregister(entries[$0].name) }
            }
            let samples = try await context.step("four clients register \(count) records") {
                try await load(clients: 4, count: count) { number in
                    let control = Control.measure()
                    let entry = entries[number]
                    try await calls.register(entry.name, entry.type.description, entry.value)
                    return control
                }
            }
            try await context.step("the zone has every one of them, as it was registered") {
                let records = try await context.dns.transfer(zone: zone)
                let wrong = entries.filter { entry in
                    let found = records.filter { $0.name == "\(entry.name).\(zone)" }
                    return found.map(\.type) != [entry.type] || found.map(\.value.description) != [entry.answer]
                }
                try expectEqual(wrong.map { "\($0.type) \($0.name)" }, [], "the records that are missing or wrong")
            }
            try await context.step("each is answered when it is asked for") {
                let dns = try context.dns
                try await load(clients: 8, count: count) { number in
                    let entry = entries[number]
                    let found = try await dns.values("\(entry.name).\(zone)", entry.type)
                    try expectEqual(found, [entry.answer], "the answer for \(entry.name)")
                }
            }
            try expectSteady(samples, within: 6, "DNS registrations", context)
            try await context.step("removed, none is left in the zone") {
                try await load(clients: 8, count: count) { try await calls.unregister(entries[$0].name) }
                let left = Set(try await context.dns.transfer(zone: zone).map(\.name))
                try expectEqual(
                    entries.map(\.name).filter { left.contains("\($0).\(zone)") }, [], "the names that are left")
            }
        }
    }
}
