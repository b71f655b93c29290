import FleetModel
import Testing

@testable import FleetAgent

@Suite("What attempts leave behind")
struct LeakTests {
    private let before = EnvironmentFacts(facts: ["server seed", "workspace welcome"])

    private func leaks(_ facts: [String], of attempt: Int, alone: Bool) -> [String] {
        EnvironmentFacts(facts: facts).leaks(of: AttemptID(rawValue: attempt), since: alone ? before : nil)
    }

    @Test("of an attempt that was alone it is all that is new, and nothing that is gone")
    func alone() {
        #expect(leaks(["server seed"], of: 3, alone: true) == [])
        #expect(leaks(["user x", "server seed", "server web"], of: 3, alone: true) == ["server web", "user x"])
    }

    @Test("of one beside others it is what has its mark, though theirs have numbers in their names")
    func amongOthers() {
        func name(_ stem: String, _ attempt: Int) -> String { "\(stem)-t\(attempt)-x7k2p" }
        let facts = [
            "server \(name("worker-1", 12))", "registry tag taskserv/\(name("tool-2", 1)):1.0.0",
            "DNS record \(name("entry-12", 31)) A 192.0.2.1", "server \(name("many-1", 2))-1",
        ]
        #expect(leaks(facts, of: 1, alone: false) == [facts[1]])
        #expect(leaks(facts, of: 2, alone: false) == [facts[3]])
        #expect(leaks(facts, of: 12, alone: false) == [facts[0]])
        #expect(leaks(facts, of: 3, alone: false) == [])
    }
}
