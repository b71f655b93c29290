import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@Suite("Cancelling", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct CancellationTests {
    /// Limits that no test reaches: what returns soon does so because it was cancelled.
    private static let long = SSHTimeouts(
        resolve: .seconds(50), connect: .seconds(50), banner: .seconds(50), keyExchange: .seconds(50),
        login: .seconds(50), channel: .seconds(50), transferSilence: .seconds(50))

    /// Cancels something that waits, and expects it to return at once with the code `cancelled`.
    private func cancel<Value: Sendable>(
        _ what: String, _ task: Task<Value, any Error>, after isWaiting: () async -> Bool
    ) async throws {
        #expect(await Waiting.until(within: .seconds(30), isWaiting), "\(what) did not begin")
        task.cancel()
        let error = try await within(.seconds(15), what) { try await sshError { try await task.value } }
        #expect(error.code == .cancelled, "\(what): \(error)")
    }

    /// Begins to connect, in a task that `cancel` awaits.
    private func connecting(_ target: SSHTarget) -> Task<Void, any Error> {
        Task { await (try await connect(target)).close() }
    }

    @Test("A TCP connection that nobody answers")
    func connecting() async throws {
        let listener = try FullListener()
        defer { listener.close() }
        try await withStranger(port: listener.port, timeouts: Self.long) { target in
            let start = ContinuousClock.now
            try await cancel("connecting", connecting(target)) { start.duration(to: .now) > .milliseconds(200) }
        }
    }

    @Test("A banner that does not come, and a place in the queue behind it")
    func banner() async throws {
        try await withTCPServer({ Greeter() }) { server in
            try await withStranger(port: server.port, timeouts: Self.long) { target in
                let holders = (0..<6).map { _ in connecting(target) }
                #expect(await Waiting.until(within: .seconds(10)) { server.accepted == 6 })
                let seventh = connecting(target)
                let start = ContinuousClock.now
                try await cancel("the seventh", seventh) { start.duration(to: .now) > .milliseconds(200) }
                #expect(server.accepted == 6)
                for holder in holders { try await cancel("a holder", holder) { true } }
                #expect(await Waiting.until(within: .seconds(2)) { server.open == 0 })
            }
        }
    }

    @Test("The pause before the next try")
    func pause() async throws {
        try await withTCPServer({ Greeter(hangsUp: true) }) { server in
            try await withStranger(port: server.port, timeouts: Self.long) { target in
                try await cancel("the pause", connecting(target)) { server.accepted >= 3 }
            }
        }
    }

    @Test("A login that the server does not answer")
    func login() async throws {
        try await withServer { server in
            try await withRelay(to: server.port, RelayFault(silentAfter: 1400)) { _, line in
                var target = server.target(
                    knownHosts: try server.file("new"), accepting: .acceptNew, timeouts: Self.long)
                target.port = line.port
                let start = ContinuousClock.now
                try await cancel("the login", connecting(target)) { start.duration(to: .now) > .milliseconds(400) }
            }
        }
    }

    @Test("A task that was cancelled before it connects never does")
    func before() async throws {
        try await withTCPServer({ Greeter() }) { server in
            try await withStranger(port: server.port, timeouts: Self.long) { target in
                // Awaited by `cancel`; it waits for its own cancellation first.
                let task = Task {
                    _ = await Waiting.until(within: .seconds(5)) { Task.isCancelled }
                    await (try await connect(target)).close()
                }
                try await cancel("the connection", task) { true }
                #expect(server.accepted == 0)
            }
        }
    }

    @Test("Commands, tunnels, reads, writes and uploads on a line that has gone dead")
    func deadLine() async throws {
        try await withTCPServer({ Echo() }) { echo in
            try await withServer { server in
                try await withRelay(to: server.port) { relay, line in
                    var target = server.target(
                        knownHosts: try server.file("new"), accepting: .acceptNew, timeouts: Self.long)
                    target.port = line.port
                    let connection = try await connect(target)
                    let tunnel = try await connection.openTunnel(port: echo.port)
                    relay.freeze()
                    // Each is awaited by `cancel`, the first opening last: the others wait behind it.
                    let opening = Task { _ = try await connection.openTunnel(port: echo.port) }
                    let command = Task { _ = try await connection.execute("true", deadline: .seconds(50)) }
                    let upload = Task {
                        try await connection.upload(file: server.clientKey, to: "x", sha256: "", mode: 0o600)
                    }
                    let writer = Task {
                        while true { try await tunnel.write(ByteBuffer(repeating: 0, count: 1024 * 1024)) }
                    }
                    let end = Task {
                        if let error = await connection.waitForClose() { throw error }
                    }
                    let start = ContinuousClock.now
                    #expect(
                        await Waiting.until(within: .seconds(5)) { start.duration(to: .now) > .milliseconds(300) })
                    try await cancel("the command", command) { true }
                    try await cancel("the upload", upload) { true }
                    try await cancel("waiting for the end", end) { true }
                    try await cancel("the writer", writer) { true }
                    try await cancel("the tunnel", opening) { true }
                    await within(.seconds(15), "closing") { await connection.close() }
                }
            }
        }
    }

    @Test("A read of a tunnel in which nothing comes")
    func reading() async throws {
        try await withTCPServer({ Greeter() }) { server in
            try await withConnection { _, connection in
                let tunnel = try await connection.openTunnel(port: server.port)
                // Awaited below.
                let reader = Task { () async throws -> ByteBuffer? in
                    var inbound = tunnel.inbound.makeAsyncIterator()
                    return try await inbound.next()
                }
                let start = ContinuousClock.now
                _ = await Waiting.until(within: .seconds(5)) { start.duration(to: .now) > .milliseconds(200) }
                reader.cancel()
                let result = await within(.seconds(15), "reading") { await reader.result }
                if case .success(let bytes) = result { #expect(bytes == nil) }
            }
        }
    }

    @Test("Closing tells everybody who waits, on a line that has gone dead")
    func closing() async throws {
        try await withTCPServer({ Echo() }) { echo in
            try await withServer { server in
                try await withRelay(to: server.port) { relay, line in
                    var target = server.target(
                        knownHosts: try server.file("new"), accepting: .acceptNew, timeouts: Self.long)
                    target.port = line.port
                    let connection = try await connect(target)
                    relay.freeze()
                    // Both are awaited below.
                    let opening = Task { _ = try await connection.openTunnel(port: echo.port) }
                    let command = Task { _ = try await connection.execute("true", deadline: .seconds(50)) }
                    await within(.seconds(15), "closing") { await connection.close() }
                    for task in [opening, command] {
                        let error = try await within(.seconds(15), "telling") {
                            try await sshError { try await task.value }
                        }
                        #expect(error.code == .closed)
                    }
                }
            }
        }
    }

    @Test("What waits behind an opening that is never answered has a limit too")
    func behindADeadOpening() async throws {
        try await withServer { server in
            try await withRelay(to: server.port) { relay, line in
                var limits = Self.long
                limits.channel = .milliseconds(400)
                var target = server.target(
                    knownHosts: try server.file("new"), accepting: .acceptNew, timeouts: limits)
                target.port = line.port
                let connection = try await connect(target)
                relay.freeze()
                try await within(.seconds(15), "three openings") {
                    for _ in 0..<3 {
                        let error = try await sshError { try await connection.openTunnel(port: 1) }
                        #expect(error.code == .timedOut)
                        #expect(error.stage == .channel)
                    }
                }
                await connection.close()
            }
        }
    }
}
