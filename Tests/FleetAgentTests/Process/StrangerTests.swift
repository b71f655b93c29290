import FleetModel
import FleetProtocol
import FleetSystem
import Foundation
import Testing

@testable import FleetAgent

@Suite("A real agent and its neighbours on the host", .serialized)
struct StrangerTests {
    @Test("who does not know the token gets one error and nothing else")
    func wrongToken() async throws {
        try await TestAgent.with { agent in
            let stranger = try await TestCoordinator.greeted(agent, token: RunToken())
            #expect(await stranger.closed())
            #expect(stranger.errorCodes == ["wrong-proof"])
            #expect(!stranger.messages.contains { if case .proof = $0 { true } else { false } })
            let other = try await TestCoordinator.greeted(agent) { $0.version = 7 }
            #expect(await other.closed())
            #expect(other.errorCodes == ["wrong-version"])
        }
    }

    @Test("noise, silence and a flood of connections do not keep the coordinator out")
    func noise() async throws {
        try await TestAgent.with { agent in
            let noisy = try await TestCoordinator(agent)
            try await noisy.send(text: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await noisy.closed())
            let long = try await TestCoordinator(agent)
            try await long.send(text: String(repeating: "x", count: 3 << 20))
            #expect(await long.closed())
            var silent: [TestCoordinator] = []
            for _ in 0..<200 { silent.append(try await TestCoordinator(agent)) }
            let client = try await TestCoordinator.greeted(agent)
            #expect(try await client.run(1, "true").outcome == .passed)
            for stranger in silent { await stranger.close() }
        }
    }

    @Test("a thousand connections, half a hello and one that drips keep nobody out and leave nothing open")
    func crowd() async throws {
        try await TestAgent.with { agent in
            let half = try await TestCoordinator(agent)
            try await half.send(text: #"{"type":"hello","role":"coordinator","purp"#)
            let drip = try await TestCoordinator(agent)
            for number in 0..<1000 {
                let stranger = try await TestCoordinator(agent)
                if number.isMultiple(of: 100) { try await drip.send(text: "{") }
                await stranger.close()
            }
            let client = try await TestCoordinator.greeted(agent)
            #expect(try await client.run(1, "true").outcome == .passed)
            #expect(await half.closed(within: .seconds(15)), "a greeting has ten seconds")
            #expect(await drip.closed(within: .seconds(15)))
            let descriptors = "/proc/\(agent.ready.pid)/fd"
            let isQuiet = await Waiting.until(within: .seconds(10)) {
                ((try? FileManager.default.contentsOfDirectory(atPath: descriptors))?.count ?? 1000) < 100
            }
            #expect(isQuiet, "connections of strangers stay open")
        }
    }

    @Test("the older of two coordinators is told that it was replaced")
    func replaced() async throws {
        try await TestAgent.with { agent in
            let first = try await TestCoordinator.greeted(agent)
            let second = try await TestCoordinator.greeted(agent)
            #expect(await first.closed())
            #expect(first.errorCodes == ["replaced"])
            #expect(try await second.run(1, "true").outcome == .passed)
        }
    }

    @Test("broken lines on a control connection are answered, and work goes on")
    func brokenLines() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            for line in ["{", "{}", #"{"type":"dance"}"#, "\u{1}", String(repeating: "[", count: 100)] {
                try await client.send(text: line + "\n")
            }
            #expect(await Waiting.until(within: .seconds(5)) { client.errorCodes.count == 5 })
            #expect(try await client.run(1, "true").outcome == .passed)
        }
    }
}
