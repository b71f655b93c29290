public import FleetSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A real OpenSSH server on a free port of 127.0.0.1, with host keys, client keys and files of its own.
///
/// Everybody who runs the tests can log in as themselves with `clientKey`. Nothing of the machine's own SSH set-up is
/// read or changed. End it with `stop`, which also ends the sessions that it still has.
public struct TestSSHServer: Sendable {
    /// Always 127.0.0.1.
    public let host = "127.0.0.1"
    /// The port that it listens on.
    public let port: Int
    /// The running program.
    public let service: TestService

    /// The name of the user who runs the tests: the one who can log in.
    public static var user: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root" }

    private static let program = "/usr/sbin/sshd"

    /// False where Debian's package `openssh-server` is missing.
    public static var isInstalled: Bool {
        access(program, X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0
    }

    /// Holds everything; removed by `stop`.
    public var directory: String { service.directory }
    /// An ed25519 key that may log in.
    public var clientKey: String { "\(directory)/client_ed25519" }
    /// An ECDSA P-256 key that may log in.
    public var ecdsaClientKey: String { "\(directory)/client_ecdsa" }
    /// `HOME` of every session: empty, so that no start-up file of the user's shell runs unless a test writes one.
    public var home: String { "\(directory)/home" }
    /// A known_hosts file that holds the server's keys.
    public var knownHosts: String { "\(directory)/known_hosts" }

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - configuration: further lines for its sshd_config; they come first, so they win.
    ///   - hostKeys: kinds of host key, as `ssh-keygen -t` names them.
    public static func start(
        configuration: [String] = [], hostKeys: [String] = ["ed25519", "ecdsa"]
    ) async throws -> TestSSHServer {
        let directory = try TestService.temporaryDirectory("sshd")
        do {
            for kind in hostKeys { try await makeKey(kind, at: "\(directory)/host_\(kind)") }
            for kind in ["ed25519", "ecdsa"] { try await makeKey(kind, at: "\(directory)/client_\(kind)") }
            let keys = try ["ed25519", "ecdsa"].map { try text(of: "\(directory)/client_\($0).pub") }
            try AtomicFile.write(Array(keys.joined().utf8), to: "\(directory)/authorized_keys")
        } catch {
            _ = DirectoryTree.remove(directory)
            throw error
        }
        let server = try await launch(configuration, hostKeys: hostKeys, directory: directory)
        let lines = try hostKeys.map { try server.knownHostsLine($0) }
        try AtomicFile.write(Array(lines.joined().utf8), to: server.knownHosts)
        return server
    }

    /// Ends the server, its sessions and what they run, and removes its directory.
    public func stop() async {
        let processes = sessions
        await service.end()
        // A command whose session has ended is nobody's child any more, but it still has our directory as its home.
        let orphans = ProcessTree.processes(withVariable: "HOME", value: home)
        _ = await ProcessTree.end(processes + orphans, grace: .milliseconds(200))
        await service.stop()
    }

    /// The processes of its sessions, and what these run; none when every client has left.
    public var sessions: [ProcessInfo] { ProcessTree.descendants(of: service.processID) }

    /// Ends all sessions at once, as a crash of them would, and lets the server go on.
    public func killSessions() async { _ = await ProcessTree.end(sessions, grace: .zero) }

    /// The line of known_hosts for one of the host keys, with its line feed.
    public func knownHostsLine(_ kind: String) throws -> String {
        // The comment at the end of the public key is no part of what we expect to read in messages.
        let words = try Self.text(of: "\(directory)/host_\(kind).pub").split(whereSeparator: \.isWhitespace).prefix(2)
        return "[\(host)]:\(port) \(words.joined(separator: " "))\n"
    }

    /// Makes a key pair without a passphrase, unless one is given.
    public static func makeKey(_ kind: String, at path: String, passphrase: String = "") async throws {
        let size = ["ecdsa": ["-b", "256"], "rsa": ["-b", "2048"]][kind] ?? []
        try await run("ssh-keygen", ["-q", "-t", kind] + size + ["-N", passphrase, "-C", "test", "-f", path])
    }

    /// Runs a program to its end and returns what it printed; throws when it fails or takes longer than 30 s.
    @discardableResult
    public static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let directory = try TestService.temporaryDirectory("run")
        defer { _ = DirectoryTree.remove(directory) }
        let process = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: arguments, environment: ["PATH": path],
                standardOutput: .file("\(directory)/output"), standardError: .output))
        let status = await process.exit(within: .seconds(30))
        if status == nil { _ = await process.end(grace: .zero) }
        let output = try text(of: "\(directory)/output")
        guard status == .exited(0) else {
            throw TestServiceError("\(program) \(arguments.joined(separator: " ")): \(status as Any)\n\(output)")
        }
        return output
    }

    private static let path = "/usr/sbin:/usr/bin:/sbin:/bin"

    private static func text(of path: String) throws -> String {
        String(decoding: try AtomicFile.read(path), as: UTF8.self)
    }

    private static func launch(
        _ configuration: [String], hostKeys: [String], directory: String
    ) async throws -> TestSSHServer {
        if getuid() == 0 {
            // Where sshd jails the part of it that has no rights; Debian's service makes it at start.
            _ = mkdir("/run/sshd", 0o755)
        }
        try PrivateDirectory.ensure("\(directory)/home")
        let port = try TestService.freePort()
        let lines =
            configuration + [
                "Port \(port)", "ListenAddress 127.0.0.1", "PidFile none",
                "AuthorizedKeysFile \(directory)/authorized_keys", "StrictModes no", "UsePAM no", "UseDNS no",
                "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PrintMotd no", "LogLevel VERBOSE",
                "PermitRootLogin prohibit-password", "SetEnv HOME=\(directory)/home",
            ] + hostKeys.map { "HostKey \(directory)/host_\($0)" }
        try AtomicFile.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: "\(directory)/sshd_config")
        let service = try TestService(program, ["-D", "-e", "-f", "\(directory)/sshd_config"], directory: directory)
        do {
            try await service.wait(for: "listening") { service.log.contains("Server listening on") }
        } catch {
            await service.stop()
            throw error
        }
        return TestSSHServer(port: port, service: service)
    }
}
