import FleetTestSupport
import Testing

@testable import FleetSSH

@Suite("After a refused login")
struct LoginBackoffTests {
    private let target = SSHTarget(host: "h", user: "u")
    private let login = LoginPenalty.Login(user: "u", keys: ["a"])
    private let other = LoginPenalty.Login(user: "v", keys: ["a"])
    private var error: SSHError { .loginDenied(keys: ["a"], target: target) }

    @Test("The same login is not tried again for a minute, others wait five seconds for each refusal")
    func penalties() {
        var penalty = LoginPenalty()
        #expect(penalty.verdict(on: login, now: .seconds(1)) == .go)
        penalty.refused(login, error, pause: .seconds(5), now: .seconds(1))
        #expect(penalty.verdict(on: login, now: .seconds(8)) == .refused(error, ago: .seconds(7)))
        #expect(penalty.verdict(on: other, now: .seconds(2)) == .wait(.seconds(4)))
        #expect(penalty.verdict(on: other, now: .seconds(6)) == .go)
        penalty.refused(other, error, pause: .seconds(5), now: .seconds(2))
        let third = LoginPenalty.Login(user: "w", keys: [])
        #expect(penalty.verdict(on: third, now: .seconds(2)) == .wait(.seconds(9)))
        #expect(penalty.verdict(on: login, now: .seconds(61)) == .go)
    }

    @Test("Nothing waits longer than a minute, and a login that is accepted ends all waiting")
    func bounds() {
        var penalty = LoginPenalty()
        for number in 0..<50 {
            let login = LoginPenalty.Login(user: "\(number)", keys: [])
            penalty.refused(login, error, pause: .seconds(5), now: .seconds(1))
        }
        #expect(penalty.verdict(on: login, now: .seconds(1)) == .wait(.seconds(60)))
        penalty.accepted(other)
        #expect(penalty.verdict(on: login, now: .seconds(1)) == .go)
    }

    @Test(
        "Sixty connections with a wrong key ask the server six times, not sixty",
        .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(1)))
    func noHammering() async throws {
        try await withServer { server in
            try await TestSSHServer.keygen("ed25519", server.directory + "/stranger")
            var target = server.target(key: server.directory + "/stranger")
            target.timeouts.afterRefusal = .seconds(1)
            let wrong = target
            try await withThrowingTaskGroup(of: SSHError.self) { group in
                for _ in 0..<60 { group.addTask { try await server.failure(wrong) } }
                for try await error in group { #expect(error.code == .loginDenied, "\(error)") }
            }
            let asked = server.log.count(of: "Failed publickey")
            #expect((1...6).contains(asked), "\(asked) attempts")
            // The right key waits, and gets in.
            var right = server.target()
            right.timeouts.afterRefusal = .seconds(1)
            let start = ContinuousClock.now
            await (try await server.connect(right)).close()
            #expect(ContinuousClock.now - start > .milliseconds(300))
        }
    }
}
