import FleetSSH
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
        var target = SSHTarget(
            host: host, port: port, user: Self.user, identityFiles: [key ?? clientKey],
            knownHosts: KnownHostsPolicy(files: [knownHosts ?? self.knownHosts], unknownHost: accepting),
            timeouts: timeouts)
        // Whoever runs the tests may have an agent of their own.
        target.identityAgent = .none
        // The servers of tests do not mind being asked again.
        target.timeouts.afterRefusal = .zero
        return target
    }

    func connect(_ target: SSHTarget? = nil) async throws -> SSHConnection {
        try await SSHConnection.connect(to: target ?? self.target(), on: loops, logger: quiet)
    }

    /// The error of a connection that must fail.
    func failure(_ target: SSHTarget) async throws -> SSHError {
        try await connectionFailure(target)
    }
}

/// Runs a body with a group of one loop, which ends after everything that the body held.
func withOneLoop(_ body: (MultiThreadedEventLoopGroup) async throws -> Void) async throws {
    let one = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do { try await body(one) } catch {
        try await one.shutdownGracefully()
        throw error
    }
    try await one.shutdownGracefully()
}

/// The error of a connection that must fail.
func connectionFailure(_ target: SSHTarget) async throws -> SSHError {
    try await failure {
        let connection = try await SSHConnection.connect(to: target, on: loops, logger: quiet)
        await connection.close()
    }
}

/// The error of something that must fail.
func failure(_ body: () async throws -> Void) async throws -> SSHError {
    do { try await body() } catch let error as SSHError { return error }
    throw TestSSHServer.Failure(description: "it should have failed")
}

/// Runs a body with a server, and ends the server whatever happens.
func withServer<Result: Sendable>(
    _ program: TestSSHServer.Program = .openSSH, configuration: [String] = [],
    hostKeys: [String] = ["ed25519", "ecdsa"], authorizedOptions: String = "", shell: String? = nil,
    _ body: (TestSSHServer) async throws -> Result
) async throws -> Result {
    let server = try await TestSSHServer.start(
        program, configuration: configuration, hostKeys: hostKeys, authorizedOptions: authorizedOptions, shell: shell)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        Issue.record("sshd said:\n\(server.log.suffix(2000))")
        await server.stop()
        throw error
    }
}

/// Runs a body with a connection, and closes it whatever happens.
func withConnection<Result: Sendable>(
    _ program: TestSSHServer.Program = .openSSH, configuration: [String] = [], authorizedOptions: String = "",
    shell: String? = nil, _ body: (TestSSHServer, SSHConnection) async throws -> Result
) async throws -> Result {
    try await withServer(
        program, configuration: configuration, authorizedOptions: authorizedOptions, shell: shell
    ) { server in
        let connection = try await server.connect()
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
