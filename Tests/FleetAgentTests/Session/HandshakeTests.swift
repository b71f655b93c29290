import FleetModel
import FleetProtocol
import Testing

@testable import FleetAgent

@Suite("Who may speak to an agent")
struct HandshakeTests {
    @Test("hello and proof both ways open a connection")
    func greeting() throws {
        var fixture = SessionFixture()
        let id = fixture.connect()
        let answer = try fixture.send(SessionFixture.hello(), on: id)
        guard case .hello(let hello) = answer.messages.first else {
            Issue.record("no hello: \(answer)")
            return
        }
        #expect(hello.role == .agent && hello.incarnation == "one" && hello.purpose == .control)
        let accepted = try fixture.send(SessionFixture.proof, on: id)
        let mac = SessionFixture.token.proof(of: SessionFixture.nonce, by: .agent)
        #expect(accepted.messages == [.proof(Message.Proof(mac: mac))])
        #expect(fixture.session.control == id)
    }

    @Test(
        "a wrong greeting gets one error and is closed",
        arguments: [
            (SessionFixture.hello { $0.version = 99 }, "wrong-version"),
            (SessionFixture.hello { $0.run = RunID(rawValue: "other") ?? $0.run }, "wrong-run"),
            (SessionFixture.hello { $0.role = .agent }, "wrong-order"),
            (Message.ping(Message.Ping(number: 1)), "wrong-order"),
            (Message.finish(Message.Finish(reason: "now")), "wrong-order"),
        ])
    func refusedHello(line: Message, code: String) throws {
        var fixture = SessionFixture()
        let id = fixture.connect()
        let actions = try fixture.send(line, on: id)
        #expect(actions.errorCodes == [code])
        #expect(actions.closed == [id])
        #expect(fixture.session.faults.refusedConnections == 1)
        #expect(try fixture.send(SessionFixture.hello(), on: id).isEmpty, "nothing more is read")
    }

    @Test("a wrong proof, or none, opens nothing and proves nothing")
    func refusedProof() throws {
        for line in [
            Message.proof(Message.Proof(mac: String(repeating: "0", count: 64))),
            .proof(Message.Proof(mac: SessionFixture.token.proof(of: SessionFixture.nonce, by: .agent))),
            .start(
                Message.Start(
                    attempt: AttemptID(rawValue: 1), test: try testID("a/b"), lane: 0, epoch: Epoch(rawValue: 1))),
        ] {
            var fixture = SessionFixture()
            let id = fixture.connect()
            _ = try fixture.send(SessionFixture.hello(), on: id)
            let actions = try fixture.send(line, on: id)
            #expect(actions.closed == [id])
            #expect(actions.messages.count == 1 && actions.errorCodes.count == 1)
            #expect(fixture.session.control == nil)
        }
    }

    @Test("another catalogue and an earlier epoch are refused after the proof")
    func refusedAfterProof() throws {
        var fixture = SessionFixture()
        let id = fixture.connect()
        _ = try fixture.send(SessionFixture.hello { $0.catalogue = String(repeating: "d", count: 64) }, on: id)
        #expect(try fixture.send(SessionFixture.proof, on: id).errorCodes == ["wrong-catalogue"])
        let (_, actions) = try fixture.greet(epoch: 3)
        #expect(actions.errorCodes.isEmpty)
        let (_, late) = try fixture.greet(epoch: 2)
        #expect(late.errorCodes == ["stale-epoch"])
    }

    @Test("garbage before the proof closes the connection")
    func garbage() throws {
        var fixture = SessionFixture()
        let id = fixture.connect()
        #expect(fixture.send(text: "GET / HTTP/1.1", on: id).closed == [id])
        let second = fixture.connect()
        #expect(fixture.handle(.line(second, .tooLong)).closed == [second])
    }

    @Test("strangers are limited in number and in time")
    func strangers() throws {
        var fixture = SessionFixture { $0.strangerLimit = 3 }
        let ids = (0..<3).map { _ in fixture.connect() }
        let newest = ConnectionID(rawValue: 99)
        let crowded = fixture.handle(.connected(newest, nonce: SessionFixture.nonce))
        #expect(crowded.closed == [ids[0]], "the oldest goes, so that nobody keeps the coordinator out")
        fixture.now = .seconds(11)
        let closed = Set(fixture.handle(.tick).closed)
        #expect(closed == Set(ids.dropFirst() + [newest]))
        let (id, _) = try fixture.greet()
        #expect(fixture.session.control == id)
    }

    @Test("the newest control connection wins, and the older one is told")
    func replaced() throws {
        var fixture = SessionFixture()
        let (first, _) = try fixture.greet()
        let (second, actions) = try fixture.greet()
        #expect(actions.errorCodes == ["replaced"])
        #expect(actions.closed == [first])
        #expect(fixture.session.control == second)
        #expect(try fixture.send(.ping(Message.Ping(number: 1)), on: first).isEmpty)
        _ = fixture.handle(.closed(first))
        #expect(fixture.session.control == second, "the late end of the old one changes nothing")
    }
}
