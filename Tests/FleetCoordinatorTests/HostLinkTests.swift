import FleetModel
import FleetProtocol
import Testing

@testable import FleetCoordinator

@Suite struct HostLinkTests {
    static let test = TestID("suite/one")

    @Test func aResultIsAcknowledgedOnlyWhenItIsSafe() async throws {
        let test = try #require(Self.test)
        try await LinkFixture.with { fixture in
            var agent = try await fixture.agent()
            try await agent.send(.result(.sample(1, test: test)))
            try await agent.send(.ping(.init(number: 7)))
            #expect(try await agent.next() == .pong(.init(number: 7)))
            #expect(fixture.events.results == [1])
            fixture.link.acknowledge(1, of: fixture.transport.incarnation)
            #expect(try await agent.next() == .acknowledge(.init(through: 1)))
        }
    }

    @Test func aRepeatedResultIsToldOnceAndThankedForOnlyWhenSafe() async throws {
        let test = try #require(Self.test)
        try await LinkFixture.with { fixture in
            let first = try await fixture.agent()
            try await first.send(.result(.sample(1, test: test)))
            try await fixture.events.wait("the result arrives") { $0.results == [1] }
            await first.stream.close()
            var second = try await fixture.agent()
            try await second.send(.result(.sample(1, test: test)))
            #expect(try await second.next() == .acknowledge(.init(through: 0)))
            fixture.link.acknowledge(1, of: fixture.transport.incarnation)
            #expect(try await second.next() == .acknowledge(.init(through: 1)))
            try await second.send(.result(.sample(1, test: test)))
            #expect(try await second.next() == .acknowledge(.init(through: 1)))
            #expect(fixture.events.results == [1])
        }
    }

    @Test func anotherStartOfTheAgentHearsNothingOfOldResults() async throws {
        try await LinkFixture.with { fixture in
            var agent = try await fixture.agent()
            try await fixture.events.wait("ready") { $0.readyEpochs == [1] }
            fixture.link.acknowledge(41, of: "the agent before")
            fixture.link.acknowledge(1, of: fixture.transport.incarnation)
            #expect(try await agent.next() == .acknowledge(.init(through: 1)))
        }
    }

    @Test func aCutIsMendedUnderTheSameLease() async throws {
        try await LinkFixture.with { fixture in
            let first = try await fixture.agent()
            try await fixture.events.wait("ready") { $0.readyEpochs == [1] }
            await first.stream.close()
            _ = try await fixture.agent()
            try await fixture.events.wait("ready again") { $0.readyEpochs == [1, 1] }
            #expect(fixture.transport.launches.count == 1)
            #expect(fixture.events.losses.isEmpty)
        }
    }

    @Test func anAgentThatDiedIsStartedAgainUnderTheNextLease() async throws {
        try await LinkFixture.with { fixture in
            let first = try await fixture.agent()
            try await fixture.events.wait("ready") { $0.readyEpochs == [1] }
            fixture.transport.failOpening(LinkError(.agentGone, "refused"))
            await first.stream.close()
            let second = try await fixture.agent()
            #expect(second.hello?.epoch == Epoch(rawValue: 2))
            try await fixture.events.wait("ready again") { $0.readyEpochs == [1, 2] }
            #expect(fixture.transport.launches.map(\.epoch.rawValue) == [1, 2])
            #expect(fixture.events.losses.map(\.epoch) == [1])
            #expect(fixture.events.changes.contains(.restarted))
        }
    }

    @Test func anAgentThatEndsByItselfIsLostLikeOneThatDied() async throws {
        try await LinkFixture.with { fixture in
            let first = try await fixture.agent()
            try await first.send(.bye(.init()))
            _ = try await fixture.agent()
            try await fixture.events.wait("ready again") { $0.readyEpochs == [1, 2] }
            #expect(fixture.events.losses.map(\.epoch) == [1])
        }
    }

    @Test func anAgentThatKeepsDyingIsGivenUp() async throws {
        try await LinkFixture.with { fixture in
            for _ in 0...HostLink.Patience().relaunches {
                let agent = try await fixture.agent()
                try await agent.send(.bye(.init()))
            }
            _ = await fixture.end.value
            #expect(fixture.events.losses.map(\.isFinal) == [false, false, true])
        }
    }

    @Test func aHostWhereNoAgentStartsAgainIsGivenUpInTheEnd() async throws {
        var patience = LinkFixture.patience
        patience.absence = 0.3
        try await LinkFixture.with(patience) { fixture in
            let first = try await fixture.agent()
            fixture.transport.failLaunching(Array(repeating: LinkError(.transient, "no room"), count: 1000))
            try await first.send(.bye(.init()))
            _ = await fixture.end.value
            #expect(fixture.events.losses.map(\.isFinal) == [false, true])
        }
    }

    @Test func silenceEndsTheConnectionThenTheLease() async throws {
        var patience = LinkFixture.patience
        // Seconds between the two, because a busy machine may stand still for one.
        patience.health = .init(ping: 0.1, suspect: 0.3, lost: 0.6, leaseEnd: 4)
        patience.greeting = .seconds(5)
        try await LinkFixture.with(patience) { fixture in
            let first = try await fixture.agent()
            // It says nothing, here and on the connection that follows.
            let second = try await fixture.connection()
            #expect(fixture.events.losses.isEmpty, "the lease still runs")
            #expect(fixture.transport.closes > 0, "a silent connection is not used again")
            try await fixture.events.wait("lease ended") { $0.losses.map(\.epoch) == [1] }
            #expect(fixture.events.changes.contains(.suspect))
            let third = try await fixture.agent()
            #expect(third.hello?.epoch == Epoch(rawValue: 2))
            #expect(fixture.transport.launches.count == 1, "the agent lives; only its lease is new")
            withExtendedLifetime((first, second)) {}
        }
    }

    @Test func aHostThatStaysAwayIsGivenUp() async throws {
        var patience = LinkFixture.patience
        patience.health = .init(ping: 0.1, suspect: 0.2, lost: 0.3, leaseEnd: 0.4)
        patience.absence = 0.5
        try await LinkFixture.with(patience) { fixture in
            _ = try await fixture.agent()
            _ = await fixture.end.value
            #expect(fixture.events.losses.map(\.isFinal) == [false, true])
        }
    }

    @Test func resultsThatNeverArriveEndTheLease() async throws {
        let test = try #require(Self.test)
        try await LinkFixture.with { fixture in
            let first = try await fixture.agent()
            try await first.send(.result(.sample(1, test: test)))
            try await first.send(.result(.sample(3, attempt: 3, test: test)))
            let second = try await fixture.agent()
            #expect(second.hello?.epoch == Epoch(rawValue: 2))
            #expect(fixture.events.results == [1, 3])
            #expect(fixture.events.losses.map(\.epoch) == [1])
            #expect(fixture.events.losses.first?.reason.contains("2 to 2") == true)
        }
    }

    @Test func brokenLinesAreAnsweredAndAHundredAreTooMany() async throws {
        try await LinkFixture.with { fixture in
            var agent = try await fixture.agent()
            try await agent.send(line: "{\"type\":\"dance\"}")
            #expect(try await agent.next().errorCode == "unknown-type")
            try await agent.send(.finish(.init(reason: "from the wrong side")))
            #expect(try await agent.next().errorCode == "wrong-order")
            for _ in 2..<ConversationState.brokenLineLimit { try await agent.send(line: "no JSON") }
            try await agent.awaitClose()
            _ = await fixture.end.value
            #expect(fixture.events.losses.map(\.isFinal) == [true])
        }
    }

    @Test func whatCannotWorkIsNotTriedAgain() async throws {
        let transport = FakeTransport()
        transport.failPreparing(LinkError(.permanent, "the host key is another"))
        try await LinkFixture.with(transport: transport) { fixture in
            _ = await fixture.end.value
            #expect(fixture.events.changes == [.unavailable])
            #expect(fixture.events.losses.map(\.isFinal) == [true])
            #expect(fixture.link.reached == .givenUp)
        }
    }

    @Test func theEndIsTheAgentsFarewell() async throws {
        try await LinkFixture.with { fixture in
            var agent = try await fixture.agent()
            try await fixture.events.wait("ready") { $0.readyEpochs == [1] }
            fixture.link.finish(reason: "done")
            #expect(try await agent.next() == .finish(.init(reason: "done")))
            try await agent.send(.bye(.init(leftovers: ["/tmp/x"])))
            guard case .finished(["/tmp/x"]) = await fixture.end.value else {
                Issue.record("the link did not end with the farewell")
                return
            }
        }
    }

    @Test func withoutAConnectionTheEndComesAtOnce() async throws {
        var patience = LinkFixture.patience
        patience.greeting = .seconds(60)
        try await LinkFixture.with(patience) { fixture in
            _ = try await fixture.connection()
            let begun = ContinuousClock.now
            fixture.link.finish(reason: "done")
            _ = await fixture.end.value
            #expect(ContinuousClock.now - begun < .seconds(2))
        }
    }

    @Test func cancellationEndsALinkThatWaits() async throws {
        try await LinkFixture.with { fixture in
            _ = try await fixture.agent()
            try await fixture.events.wait("ready") { $0.readyEpochs == [1] }
            let begun = ContinuousClock.now
            fixture.end.cancel()
            _ = await fixture.end.value
            #expect(ContinuousClock.now - begun < .seconds(2))
        }
    }
}

extension Message {
    /// The code of an error message; nil for any other.
    var errorCode: String? { if case .error(let error) = self { error.code } else { nil } }
}
