import FleetModel
import Testing

@testable import FleetAgent

@Suite("What attempts leave behind")
struct LeakTests {
    private let quiet = ["DNS record welcome", "server seed", "task work, unfinished", "workspace welcome"]

    private func facts(_ facts: [String]) -> EnvironmentFacts { EnvironmentFacts(facts: facts) }

    private func name(_ stem: String, _ attempt: Int) -> String { "\(stem)-t\(attempt)-x7k2p" }

    /// A lane on which attempts have begun.
    private func ledger(_ attempts: Int...) throws -> LeakLedger {
        var ledger = LeakLedger(quiet: facts(quiet))
        for number in attempts { ledger.began(AttemptID(rawValue: number), try testID("a/t\(number)")) }
        return ledger
    }

    private func leaks(_ ledger: LeakLedger, of attempt: Int, _ now: [String]) -> [String] {
        ledger.leaks(of: AttemptID(rawValue: attempt), in: facts(now))
    }

    @Test("of an attempt that was alone it is all that is new, and all that is gone but does not go by itself")
    func alone() throws {
        let ledger = try ledger(3)
        #expect(leaks(ledger, of: 3, quiet) == [])
        #expect(
            leaks(ledger, of: 3, ["server web", "server seed", "user x"]) == [
                "server web", "user x", "gone: DNS record welcome", "gone: workspace welcome",
            ])
    }

    @Test("what earlier attempts left may go at any time; what comes late is told all the same")
    func earlier() throws {
        var ledger = try ledger(1)
        ledger.ended(AttemptID(rawValue: 1), facts(quiet + ["server \(name("left", 1))"]))
        ledger.began(AttemptID(rawValue: 2), try testID("a/second"))
        #expect(leaks(ledger, of: 2, quiet) == [])
        #expect(leaks(ledger, of: 2, quiet + ["index \(name("late", 1))"]) == ["index \(name("late", 1))"])
    }

    @Test("of one beside others it is what has its mark, though theirs have numbers in their names")
    func amongOthers() throws {
        let made = [
            "server \(name("worker-1", 12))", "registry tag taskserv/\(name("tool-2", 1)):1.0.0",
            "DNS record \(name("entry-12", 31)) A 192.0.2.1", "server \(name("many-1", 2))-1",
        ]
        let ledger = try ledger(1, 2, 3, 12)
        #expect(leaks(ledger, of: 1, made) == [made[1]])
        #expect(leaks(ledger, of: 2, made) == [made[3]])
        #expect(leaks(ledger, of: 12, made) == [made[0]])
        #expect(leaks(ledger, of: 3, made) == [])
    }

    @Test("the last of those that ran side by side is told what nobody's name is in, with those who may have done it")
    func lastOfMany() throws {
        var ledger = try ledger(1, 2)
        ledger.ended(AttemptID(rawValue: 1), facts(quiet))
        let now = Array(quiet.dropLast()) + ["table control_center.public.spare", "user \(name("bob", 1))"]
        let doubt = " (by this test, or since the lane was quiet by a/t1)"
        #expect(
            leaks(ledger, of: 2, now) == [
                "table control_center.public.spare\(doubt)", "gone: workspace welcome\(doubt)",
            ])
        ledger.ended(AttemptID(rawValue: 2), facts(now))
        ledger.began(AttemptID(rawValue: 3), try testID("a/t3"))
        #expect(leaks(ledger, of: 3, now) == [], "it has been told")
    }

    @Test("where the state was not seen, somebody looks before the next attempt that is alone")
    func unseen() throws {
        var ledger = try ledger(1)
        #expect(!ledger.needsLook)
        ledger.ended(AttemptID(rawValue: 1), nil)
        ledger.began(AttemptID(rawValue: 2), try testID("a/t2"))
        #expect(ledger.needsLook)
        #expect(leaks(ledger, of: 2, ["user x"]) == [], "it may have been there")
        ledger.saw(facts([]))
        #expect(leaks(ledger, of: 2, ["user x"]) == ["user x"])
        ledger.began(AttemptID(rawValue: 3), try testID("a/t3"))
        #expect(!ledger.needsLook)
    }
}
