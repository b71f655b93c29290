import FleetSSH
import FleetSystem
import FleetTestSupport
import Logging
import NIOCore
import NIOPosix
import Testing

/// The loops that all tests share, two as in the program.
let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

/// A logger that says nothing.
let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

extension TestSSHServer {
    /// A target that should work.
    func target(
        key: String? = nil, knownHosts: String? = nil, accepting: KnownHostsPolicy.UnknownHost = .refuse,
        timeouts: SSHTimeouts = SSHTimeouts()
    ) -> SSHTarget {
        SSHTarget(
            host: host, port: port, user: Self.user, identityFiles: [key ?? clientKey],
            knownHosts: KnownHostsPolicy(files: [knownHosts ?? self.knownHosts], unknownHost: accepting),
            timeouts: timeouts)
    }

    /// A file in the server's directory, for what a test writes.
    func file(_ name: String, _ text: String? = nil) throws -> String {
        let path = "\(directory)/\(name)"
        if let text { try AtomicFile.write(Array(text.utf8), to: path) }
        return path
    }
}

extension TestSSHServer {
    /// Waits until a command has made a file in its home directory.
    func waitFor(file: String) async throws {
        let path = "\(home)/\(file)"
        let isThere = await Waiting.until(within: .seconds(10)) { (try? AtomicFile.read(path)) != nil }
        if !isThere { throw TestServiceError("no command made \(path) within 10 s") }
    }
}

/// Connects on the loops of the tests.
func connect(_ target: SSHTarget) async throws(SSHError) -> SSHConnection {
    try await SSHConnection.connect(to: target, on: loops, logger: quiet)
}

/// The error of something that must fail.
func sshError<Value>(of body: () async throws -> Value) async throws -> SSHError {
    do {
        let value = try await body()
        throw TestServiceError("it should have failed, but there is \(value)")
    } catch let error as SSHError {
        return error
    }
}

/// The error of a connection that must fail.
func connectionError(_ target: SSHTarget) async throws -> SSHError {
    try await sshError { await (try await connect(target)).close() }
}

/// Runs a body with a server, and ends the server whatever happens.
func withServer<Result: Sendable>(
    configuration: [String] = [], hostKeys: [String] = ["ed25519", "ecdsa"],
    _ body: (TestSSHServer) async throws -> Result
) async throws -> Result {
    let server = try await TestSSHServer.start(configuration: configuration, hostKeys: hostKeys)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        Issue.record("sshd said:\n\(server.service.log.suffix(2000))")
        await server.stop()
        throw error
    }
}

/// Runs a body with a connection, and closes it whatever happens.
func withConnection<Result: Sendable>(
    configuration: [String] = [], timeouts: SSHTimeouts = SSHTimeouts(),
    _ body: (TestSSHServer, SSHConnection) async throws -> Result
) async throws -> Result {
    try await withServer(configuration: configuration) { server in
        let connection = try await connect(server.target(timeouts: timeouts))
        do {
            let result = try await body(server, connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// Fails the test when the body takes longer; the body itself is not cut short.
func within<Value>(_ limit: Duration, _ what: String, _ body: () async throws -> Value) async rethrows -> Value {
    let start = ContinuousClock.now
    let value = try await body()
    let taken = ContinuousClock.now - start
    #expect(taken < limit, "\(what) took \(taken)")
    return value
}
