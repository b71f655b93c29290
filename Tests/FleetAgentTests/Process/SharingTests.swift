import FleetModel
import FleetProtocol
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Two agents on one host", .serialized)
struct SharingTests {
    @Test("the second takes what is free, and the rest as soon as the first has gone")
    func partial() async throws {
        try await TestAgent.with(slots: 2, hostSlots: 3, owner: "alice@one") { first in
            let ours = try await TestCoordinator.greeted(first)
            #expect(try await share(ours, count: 2).held == [2])
            try await TestAgent.with(slots: 3, owner: "bob@two", beside: first) { second in
                let theirs = try await TestCoordinator.greeted(second)
                let begin = try await share(theirs, count: 1)
                #expect(begin.wanted == 3)
                #expect(begin.holders.map(\.owner) == ["alice@one"])
                #expect(begin.holders.map(\.run) == [first.layout.run])
                #expect(begin.holders.map(\.slots) == [2])
                #expect(try await theirs.run(1, "true").outcome == .passed, "it works with what it has")
                try await ours.send(.finish(Message.Finish(reason: "the test is over")))
                let full = try await share(theirs, count: 3)
                #expect(full.holders.isEmpty)
            }
        }
    }

    @Test("a killed agent frees its slots at once; a test never begins before the other's has been killed")
    func killed() async throws {
        try await TestAgent.with(slots: 1) { first in
            let ours = try await TestCoordinator.greeted(first)
            let test = try command("a/long", "setsid sleep 3131 & sleep 3131")
            try await ours.offer([test])
            try await ours.start(1, test)
            #expect(await Waiting.until(within: .seconds(10)) { sleeping(3131).count == 2 })
            try await TestAgent.with(slots: 1, beside: first) { second in
                let theirs = try await TestCoordinator.greeted(second)
                #expect(try await share(theirs, count: 0).holders.map(\.slots) == [1])
                let probe = try command("a/probe", "pgrep -fc '^sleep 3131$'; true")
                try await theirs.offer([probe])
                try await theirs.start(1, probe)
                let killed = ContinuousClock.now
                try first.process().send(signal: SIGKILL)
                let result = try await theirs.result(of: 1)
                #expect(ContinuousClock.now - killed < .seconds(5))
                #expect(result.output.head == "0\n", "\(result)")
            }
        }
    }

    @Test("a stopped agent that came first and has nothing holds up nobody for long")
    func stoppedWaiter() async throws {
        try await TestAgent.with(slots: 1) { first in
            try await TestAgent.with(slots: 1, beside: first) { second in
                let pids = second.processes("session")
                for info in pids { ProcessHandle(info)?.send(signal: SIGSTOP) }
                try await TestAgent.with(slots: 1, beside: first) { third in
                    let theirs = try await TestCoordinator.greeted(third)
                    #expect(try await share(theirs, count: 0).wanted == 1)
                    try first.process().send(signal: SIGTERM)
                    #expect(try await share(theirs, count: 1).held == [1])
                }
                for info in pids { ProcessHandle(info)?.send(signal: SIGCONT) }
            }
        }
    }

    /// Waits until an agent says that it has so many slots.
    private func share(_ client: TestCoordinator, count: Int) async throws -> Message.Slots {
        let message = try await client.first(within: .seconds(20)) { message in
            if case .slots(let slots) = message { slots.count == count } else { false }
        }
        guard case .slots(let slots) = message else { throw CancellationError() }
        return slots
    }

    private func sleeping(_ seconds: Int) -> [ProcessInfo] {
        ProcessTree.all().filter { $0.commandLine == "sleep \(seconds)" }
    }
}
