import FleetModel
import FleetSystem
import Testing

@testable import FleetCoordinator

@Suite struct EventMailboxTests {
    private static let host = HostID("h1")

    private func trouble(_ number: Int) -> RunEvent { .link(.trouble(Self.host, "\(number)")) }

    private func numbers(_ events: [RunEvent]) -> [Int] {
        events.compactMap { if case .link(.trouble(_, let text)) = $0 { Int(text) } else { nil } }
    }

    @Test func aHostThatIsFasterThanTheDriverWaits() async throws {
        let (mailbox, sent) = (EventMailbox(), Locked(0))
        async let flood: Void = {
            for number in 0..<1000 {
                await mailbox.deliver(trouble(number), of: Self.host)
                sent.withLock { $0 += 1 }
            }
        }()
        let isFull = await Waiting.until(within: .seconds(10)) { sent.withLock { $0 } == EventMailbox.window }
        #expect(isFull)
        // Another host is not held up by it.
        await mailbox.deliver(.link(.trouble(HostID("h2"), "words")), of: HostID("h2"))
        #expect(sent.withLock { $0 } == EventMailbox.window)
        var seen: [Int] = []
        _ = try await mailbox.drain { events -> Bool? in
            seen += numbers(events)
            return seen.count == 1000 ? true : nil
        }
        await flood
        #expect(seen == Array(0..<1000), "in order, none lost")
    }

    @Test func settledMeansHandled() async throws {
        let (mailbox, handled) = (EventMailbox(), Locked(false))
        async let seen: Bool = {
            await mailbox.settle(trouble(1), of: Self.host)
            return handled.withLock { $0 }
        }()
        _ = try await mailbox.drain { _ -> Bool? in
            handled.withLock { $0 = true }
            return true
        }
        #expect(await seen)
    }

    @Test func nobodyWaitsAtAClosedMailbox() async throws {
        let mailbox = EventMailbox()
        async let settled: Void = mailbox.settle(trouble(1), of: Self.host)
        async let delivered: Void = {
            for number in 0..<100 { await mailbox.deliver(trouble(number), of: Self.host) }
        }()
        mailbox.close()
        await settled
        await delivered
        let end = try await mailbox.drain { _ -> Bool? in true }
        #expect(end == nil)
    }
}
