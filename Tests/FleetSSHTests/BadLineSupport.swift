import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

extension TestSSHServer {
    /// The home directory of the sessions.
    var home: String { "\(directory)/home" }

    /// A file in the server's directory, for what a test writes.
    func file(_ name: String, _ text: String? = nil) throws -> String {
        let path = "\(directory)/\(name)"
        if let text { try TestFiles.write(text, to: path) }
        return path
    }

    /// The SHA-256 of a file, in hexadecimal.
    func sha256(_ path: String) async throws -> String {
        try await Self.run("/bin/sh", ["-c", "sha256sum < '\(path)' > '\(directory)/sum'"])
        return String(TestFiles.read("\(directory)/sum").prefix(64))
    }
}

/// Connects on the loops of the tests.
func connect(_ target: SSHTarget) async throws(SSHError) -> SSHConnection {
    try await SSHConnection.connect(to: target, on: loops, logger: quiet)
}

/// The error of something that must fail.
func sshError<Value>(of body: () async throws -> Value) async throws -> SSHError {
    try await failure { _ = try await body() }
}

/// Fails the test when the body takes longer; the body itself is not cut short.
func within<Value>(_ limit: Duration, _ what: String, _ body: () async throws -> Value) async rethrows -> Value {
    let start = ContinuousClock.now
    let value = try await body()
    let taken = ContinuousClock.now - start
    #expect(taken < limit, "\(what) took \(taken)")
    return value
}

/// A target on 127.0.0.1 that nobody can log in to; the key file is there, so that it is not what fails.
func withStranger<Result: Sendable>(
    port: Int, timeouts: SSHTimeouts = SSHTimeouts(), _ body: (SSHTarget) async throws -> Result
) async throws -> Result {
    let directory = try TestService.temporaryDirectory("stranger")
    defer { _ = DirectoryTree.remove(directory) }
    try await TestSSHServer.keygen("ed25519", "\(directory)/key")
    return try await body(
        SSHTarget(
            host: "127.0.0.1", port: port, user: "fleet", identityFiles: ["\(directory)/key"],
            knownHosts: KnownHostsPolicy(files: ["\(directory)/known_hosts"]), timeouts: timeouts))
}
