import FleetModel
import FleetProtocol
import Testing

@testable import FleetCoordinator

@Suite struct GreetingTests {
    private static let identity = LinkFixture.identity

    /// What became of a greeting, and the error that the agent was sent, if any.
    private func greet(
        _ answer: @escaping @Sendable (inout ScriptedAgent) async throws -> Void
    ) async throws -> (result: Result<Greeting, any Error>, told: String?) {
        let (ours, theirs) = MemoryDuplex.pair()
        return try await withTimeLimit(.seconds(10)) {
            async let told = Self.play(answer, on: theirs)
            let result: Result<Greeting, any Error>
            do {
                result = .success(
                    try await Greeting.exchange(
                        on: ours, identity: Self.identity, epoch: Epoch(rawValue: 1), purpose: .control))
            } catch {
                result = .failure(error)
            }
            await ours.close()
            return (result, await told)
        }
    }

    private static func play(
        _ answer: @Sendable (inout ScriptedAgent) async throws -> Void, on stream: MemoryDuplex
    ) async -> String? {
        var agent = ScriptedAgent(stream)
        // The coordinator may hang up at any line; what it said last is what counts.
        try? await answer(&agent)
        while (try? await agent.next()) != nil {}
        return agent.refusal
    }

    @Test func anAgentOfTheRunIsAccepted() async throws {
        let (result, told) = try await greet { try await $0.greet(Self.identity, incarnation: "one") }
        let greeting = try result.get()
        #expect(greeting.incarnation == "one")
        #expect(greeting.modes == Set(Mode.allCases))
        #expect(told == nil)
    }

    @Test func whoDoesNotKnowTheTokenIsRefused() async throws {
        let (result, told) = try await greet {
            try await $0.greet(Self.identity, incarnation: "one", .init(token: RunToken()))
        }
        let error = #expect(throws: LinkError.self) { try result.get() }
        #expect(error?.kind == .permanent)
        #expect(told == "wrong-proof")
    }

    @Test(arguments: ["wrong-version", "wrong-run", "wrong-catalogue", "wrong-order"])
    func anotherHelloIsRefusedWithItsCode(code: String) async throws {
        let otherRun = try #require(RunID(rawValue: "another"))
        let (result, told) = try await greet { agent in
            try await agent.greet(
                Self.identity, incarnation: "one",
                .init(change: { hello in
                    switch code {
                    case "wrong-version": hello.version = 2
                    case "wrong-run": hello.run = otherRun
                    case "wrong-catalogue": hello.catalogue = String(repeating: "00", count: 32)
                    default: hello.epoch = Epoch(rawValue: 7)
                    }
                }))
        }
        let error = #expect(throws: LinkError.self) { try result.get() }
        #expect(error?.kind == .permanent)
        #expect(told == code)
    }

    @Test func somethingElseThanAHelloIsRefused() async throws {
        let (result, told) = try await greet { try await $0.send(line: "SSH-2.0-something else") }
        let error = #expect(throws: LinkError.self) { try result.get() }
        #expect(error?.kind == .permanent)
        #expect(told != nil)
    }

    @Test func anAgentThatRefusesSaysWhy() async throws {
        let (result, _) = try await greet { agent in
            _ = try await agent.next()
            try await agent.send(.error(.init(.wrongVersion, message: "too old for me")))
        }
        let error = #expect(throws: LinkError.self) { try result.get() }
        #expect(error?.kind == .permanent)
        #expect(error?.description.contains("too old for me") == true)
    }

    @Test func aConnectionThatIsClosedMayWorkLater() async throws {
        let (result, _) = try await greet { await $0.stream.close() }
        let error = #expect(throws: (any Error).self) { try result.get() }
        #expect((error as? LinkError)?.kind != .permanent)
    }
}
