import FleetSystem
import FleetTestSupport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import FleetSSH

@Suite(
    "Keys with a passphrase", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct PassphraseTests {
    /// Answers questions from a list, then no more.
    private final class Typist: Sendable {
        private let answers: [String]
        private let asked = NIOLockedValueBox<[KeyUnlocker.Question]>([])

        init(_ answers: String...) { self.answers = answers }

        var questions: [KeyUnlocker.Question] { asked.withLockedValue { $0 } }

        var unlocker: KeyUnlocker {
            KeyUnlocker { question in
                let index = self.asked.withLockedValue { asked in
                    asked.append(question)
                    return asked.count - 1
                }
                return index < self.answers.count ? self.answers[index] : nil
            }
        }
    }

    private static let passphrase = "correct horse ünd battery"

    @Test(
        "Every kind and form of key opens with its passphrase",
        arguments: [
            ("ed25519", []), ("ecdsa-256", []), ("ecdsa-384", []), ("ecdsa-521", []), ("ecdsa-256", ["-m", "PEM"]),
            ("ecdsa-384", ["-m", "PKCS8"]), ("ed25519", ["-Z", "aes256-cbc"]),
        ] as [(String, [String])])
    func forms(kind: String, options: [String]) async throws {
        try await withServer { server in
            let key = try await server.makeClientKey(
                kind, name: "locked", passphrase: Self.passphrase, options: options)
            let typist = Typist(Self.passphrase)
            var target = server.target(key: key)
            target.unlocker = typist.unlocker
            let connection = try await server.connect(target)
            #expect(try await connection.execute("true").isSuccess)
            await connection.close()
            #expect(typist.questions == [KeyUnlocker.Question(path: key, wrongAnswers: 0)])
            #expect(server.log.count(of: "Failed publickey") == 0)
        }
    }

    @Test("Twenty connections at once ask once, and a wrong answer is noticed before anything is sent")
    func once() async throws {
        try await withServer { server in
            let key = try await server.makeClientKey("ed25519", name: "locked", passphrase: Self.passphrase)
            let typist = Typist("wrong", Self.passphrase)
            var target = server.target(key: key)
            target.unlocker = typist.unlocker
            let shared = target
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { await (try await server.connect(shared)).close() } }
                try await group.waitForAll()
            }
            #expect(typist.questions.map(\.wrongAnswers) == [0, 1])
            #expect(server.log.count(of: "Failed publickey") == 0)
        }
    }

    @Test("Three wrong answers, or nobody to ask, end with the advice to use an ssh-agent; nobody is asked again")
    func refused() async throws {
        try await withServer { server in
            let key = try await server.makeClientKey("ed25519", name: "locked", passphrase: Self.passphrase)
            for typist in [Typist("a", "b", "c", "d"), Typist()] {
                var target = server.target(key: key)
                target.unlocker = typist.unlocker
                for _ in 1...2 {
                    let error = try await server.failure(target)
                    #expect(error.code == .keyFile)
                    #expect(error.message.contains("passphrase"))
                    #expect(error.advice.contains("ssh-add \(key)"))
                    #expect(!"\(error)".contains(Self.passphrase))
                }
                #expect([1, 3].contains(typist.questions.count))
            }
            #expect(!server.log.contains("publickey for"), "nothing was sent")
        }
    }

    @Test("A key that nobody opens is in the way of no other, and is named when the others do not suffice")
    func besideOthers() async throws {
        try await withServer { server in
            let key = try await server.makeClientKey("ed25519", name: "locked", passphrase: Self.passphrase)
            var target = server.target()
            target.identityFiles = [key, server.clientKey]
            await (try await server.connect(target)).close()
            target.user = "nobody"
            let error = try await server.failure(target)
            #expect(error.code == .loginDenied)
            #expect(error.message.contains("\(key) has a passphrase"), "\(error)")
        }
    }

    @Test("A sealed unlocker asks nobody, and keeps what is open")
    func sealed() async throws {
        try await withServer { server in
            let key = try await server.makeClientKey("ed25519", name: "locked", passphrase: Self.passphrase)
            let typist = Typist(Self.passphrase)
            var target = server.target(key: key)
            let unlocker = typist.unlocker
            target.unlocker = unlocker
            await SSHConnection.unlockKeys(of: target, on: loops, logger: quiet)
            #expect(typist.questions.count == 1)
            await unlocker.seal()
            await (try await server.connect(target)).close()
            let other = try await server.makeClientKey("ed25519", name: "other", passphrase: Self.passphrase)
            target.identityFiles = [other]
            #expect(try await server.failure(target).code == .keyFile)
            #expect(typist.questions.count == 1)
        }
    }

    @Test("Deriving a key for seconds holds up no other session of the loop")
    func loopIsFree() async throws {
        try await withServer { server in
            // About a second of work on one core.
            let key = try await server.makeClientKey(
                "ed25519", name: "locked", passphrase: Self.passphrase, options: ["-a", "150"])
            try await withOneLoop { one in
                var target = server.target(key: key)
                target.unlocker = Typist(Self.passphrase).unlocker
                await SSHConnection.unlockKeys(of: target, on: one, logger: quiet)
                let connection = try await SSHConnection.connect(to: server.target(), on: one, logger: quiet)
                let slow = target
                async let login = SSHConnection.connect(to: slow, on: one, logger: quiet)
                let isOver = NIOLockedValueBox(false)
                async let longest = Self.longestWait(on: one, until: isOver)
                let start = ContinuousClock.now
                let late = try await login
                let taken = ContinuousClock.now - start
                isOver.withLockedValue { $0 = true }
                let stood = try await longest
                #expect(stood < taken / 2, "the loop stood still for \(stood) of \(taken)")
                #expect(try await connection.execute("true").isSuccess)
                await late.close()
                await connection.close()
            }
        }
    }

    /// How long a loop let a small task wait at most.
    private static func longestWait(
        on group: MultiThreadedEventLoopGroup, until isOver: NIOLockedValueBox<Bool>
    ) async throws -> Duration {
        var longest = Duration.zero
        while !isOver.withLockedValue({ $0 }) {
            let start = ContinuousClock.now
            try await group.next().submit {}.get()
            longest = max(longest, ContinuousClock.now - start)
            try await Task.sleep(for: .milliseconds(5))  // The next look; the test ends it.
        }
        return longest
    }

    @Test("A connection that is cut while a key is derived ends without harm")
    func cutMeanwhile() async throws {
        try await withServer { server in
            let key = try await server.makeClientKey(
                "ed25519", name: "locked", passphrase: Self.passphrase, options: ["-a", "100"])
            var target = server.target(key: key)
            target.unlocker = Typist(Self.passphrase).unlocker
            await SSHConnection.unlockKeys(of: target, on: loops, logger: quiet)
            let slow = target
            for isCancelled in [true, false] {
                // Awaited below.
                let login = Task { try await server.connect(slow) }
                let wanted = isCancelled ? 1 : 2
                let isDeriving = await Waiting.until(within: .seconds(10)) {
                    server.log.count(of: "Postponed publickey") >= wanted
                }
                #expect(isDeriving)
                if isCancelled { login.cancel() } else { await server.killSessions() }
                let error = try await sshError { try await login.value }
                #expect(error.code == (isCancelled ? .cancelled : .connectionLost), "\(error)")
            }
        }
    }
}
