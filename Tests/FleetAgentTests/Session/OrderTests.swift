import FleetModel
import FleetProtocol
import Testing

@testable import FleetAgent

@Suite("Orders and results of a session")
struct OrderTests {
    @Test("a start becomes started, a run and one numbered result")
    func oneAttempt() throws {
        var fixture = SessionFixture()
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        let begun = try fixture.start(7, "a/b", on: id)
        #expect(begun.runs == [7])
        guard case .started(let started) = begun.messages.first else {
            Issue.record("no started: \(begun)")
            return
        }
        #expect(started.slot == 0 && started.attempt.rawValue == 7)
        let ended = fixture.end(7)
        #expect(ended.results.map(\.sequence) == [1])
        #expect(ended.results.first?.attempt.rawValue == 7)
        #expect(fixture.end(7).isEmpty, "a second end is no second result")
    }

    @Test("a repeated start is not carried out twice")
    func repeated() throws {
        var fixture = SessionFixture()
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        _ = try fixture.start(1, "a/b", on: id)
        let again = try fixture.start(1, "a/b", on: id)
        #expect(again.runs.isEmpty)
        #expect(again.messages.count == 1, "it says again that it runs")
        _ = fixture.end(1)
        #expect(try fixture.start(1, "a/b", on: id) == [.resend(sequence: 1, id)])
        _ = try fixture.send(.acknowledge(Message.Acknowledge(through: 1)), on: id)
        #expect(try fixture.start(1, "a/b", on: id).isEmpty)
    }

    @Test("results are numbered without gaps, replayed in order and trimmed when acknowledged")
    func replay() throws {
        var fixture = SessionFixture(slots: 4)
        let (first, actions) = try fixture.greet()
        #expect(actions.contains(.replay(after: 0, first)))
        _ = try fixture.offer([try command("a/b")], on: first)
        for attempt in 1...4 { _ = try fixture.start(attempt, "a/b", on: first) }
        #expect((1...3).flatMap { fixture.end($0).results.map(\.sequence) } == [1, 2, 3])
        let trim = try fixture.send(.acknowledge(Message.Acknowledge(through: 2)), on: first)
        #expect(trim == [.trimSpool(through: 2)])
        _ = fixture.handle(.closed(first))
        let (second, resumed) = try fixture.greet()
        #expect(resumed.last == .replay(after: 2, second))
        let started = resumed.messages.compactMap { message in
            if case .started(let started) = message { started.attempt.rawValue } else { nil }
        }
        #expect(started == [4], "what still runs is said again")
    }

    @Test("an acknowledgement of what was never sent is an error")
    func wrongAcknowledgement() throws {
        var fixture = SessionFixture()
        let (id, _) = try fixture.greet()
        #expect(try fixture.send(.acknowledge(Message.Acknowledge(through: 5)), on: id).errorCodes == ["bad-field"])
    }

    @Test("every start that cannot be carried out still leads to one result")
    func turnedDown() throws {
        var fixture = SessionFixture(slots: 1)
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        let cases = [
            (try fixture.start(1, "a/unknown", on: id), "unknown-test"),
            (try fixture.start(2, "a/b", lane: 9, on: id), "unknown-lane"),
            (try fixture.start(3, "a/b", epoch: 2, on: id), "stale-epoch"),
        ]
        for (actions, code) in cases {
            #expect(actions.errorCodes == [code])
            #expect(actions.results.map(\.result.outcome) == [.notRun])
            #expect(actions.results.map(\.result.cause) == [.host])
        }
    }

    @Test("the number of waiting starts is bounded")
    func bounded() throws {
        var fixture = SessionFixture(slots: 1)
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        let limit = fixture.session.settings.queueLimit
        for attempt in 1...(limit + 1) { #expect(try fixture.start(attempt, "a/b", on: id).errorCodes.isEmpty) }
        let refused = try fixture.start(limit + 2, "a/b", on: id)
        #expect(refused.errorCodes == ["wrong-order"])
        #expect(refused.results.count == 1)
    }

    @Test("cancel takes back what waits and stops what runs")
    func cancel() throws {
        var fixture = SessionFixture(slots: 1)
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        for attempt in 1...2 { _ = try fixture.start(attempt, "a/b", on: id) }
        func cancel(_ attempt: Int) -> Message {
            .cancel(Message.Cancel(attempt: AttemptID(rawValue: attempt), reason: "enough"))
        }
        let waiting = try fixture.send(cancel(2), on: id)
        #expect(waiting.results.first?.result.message == "stopped: enough")
        #expect(try fixture.send(cancel(1), on: id).cancelled == [1])
        #expect(try fixture.send(cancel(1), on: id).isEmpty)
        let result = try #require(fixture.end(1, .failed).results.first)
        #expect(result.result.outcome == .notRun)
        #expect(try fixture.send(cancel(77), on: id).errorCodes == ["unknown-attempt"])
    }

    @Test("broken lines are answered and counted; the hundredth ends the connection")
    func brokenLines() throws {
        var fixture = SessionFixture()
        let (id, _) = try fixture.greet()
        #expect(fixture.send(text: "{", on: id).errorCodes == ["not-json"])
        #expect(fixture.send(text: #"{"type":"nonsense"}"#, on: id).errorCodes == ["unknown-type"])
        #expect(fixture.send(text: #"{"type":"start"}"#, on: id).errorCodes == ["bad-field"])
        #expect(fixture.handle(.line(id, .tooLong)).errorCodes == ["too-long"])
        #expect(try fixture.send(.ping(Message.Ping(number: 3)), on: id).messages == [.pong(Message.Ping(number: 3))])
        for _ in 5..<100 { _ = fixture.send(text: "x", on: id) }
        let last = fixture.send(text: "x", on: id)
        #expect(last.errorCodes.last == "too-many-errors")
        #expect(last.closed == [id])
        #expect(fixture.session.faults.malformedLines == 100)
    }

    @Test("messages from the wrong side are refused")
    func wrongSide() throws {
        var fixture = SessionFixture()
        let (id, _) = try fixture.greet()
        #expect(try fixture.send(.bye(Message.Bye()), on: id).errorCodes == ["wrong-order"])
        let (files, _) = try fixture.greet(purpose: .artifacts)
        #expect(try fixture.send(.finish(Message.Finish(reason: "x")), on: files).errorCodes == ["wrong-order"])
        #expect(fixture.session.control == id, "an artifact connection controls nothing")
    }

    @Test("only artifacts that a result named are sent")
    func artifacts() throws {
        var fixture = SessionFixture()
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        _ = try fixture.start(1, "a/b", on: id)
        let artifact = Artifact(path: "out/a.log", size: 3, sha256: String(repeating: "0", count: 64))
        let result = AttemptResult(outcome: .passed, seconds: 1, artifacts: [artifact])
        _ = fixture.handle(.attemptEnded(AttemptID(rawValue: 1), result))
        let (files, _) = try fixture.greet(purpose: .artifacts)
        func fetch(_ path: String, _ attempt: Int = 1) -> Message {
            .fetch(Message.Fetch(attempt: AttemptID(rawValue: attempt), path: path))
        }
        let sent = try fixture.send(fetch("out/a.log"), on: files)
        #expect(sent == [.sendFile(artifact, of: AttemptID(rawValue: 1), files)])
        #expect(try fixture.send(fetch("out/b.log"), on: files).errorCodes == ["unknown-file"])
        #expect(try fixture.send(fetch("out/a.log", 2), on: files).errorCodes == ["unknown-file"])
    }
}
