internal import ArgumentParser
internal import FleetSSH
internal import Logging
internal import NIOPosix

/// Which sshd is measured, and how to log in.
struct ServerOptions: ParsableArguments {
    @Option var host = "127.0.0.1"
    @Option var port: Int
    @Option var user: String
    @Option var identity: String
    @Option var knownHosts: String

    var target: SSHTarget {
        SSHTarget(
            host: host, port: port, user: user, identityFiles: [identity],
            knownHosts: KnownHostsPolicy(files: [knownHosts]))
    }

    func connect() async throws -> SSHConnection {
        try await SSHConnection.connect(
            to: target, on: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "bench"))
    }
}
