import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real OpenSSH server on a free port of 127.0.0.1, with host keys, client keys and files of its own.
///
/// Everybody who runs the tests can log in as themselves with `clientKey`. Nothing of the machine's own SSH set-up is
/// read or changed. End it with `stop`, which also ends the sessions that it still has.
public final class TestSSHServer: Sendable {
    /// What could not be done, and what the program that was to do it said.
    public struct Failure: Error, CustomStringConvertible {
        /// What went wrong.
        public let description: String

        /// Wraps a sentence.
        public init(description: String) { self.description = description }
    }

    /// The name of the user who runs the tests: the one who can log in.
    public static let user = UserName.current
    /// Where the server's program is expected.
    public static let program = "/usr/sbin/sshd"
    /// True when a server can be started here.
    public static var isAvailable: Bool { access(program, X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0 }

    /// Always 127.0.0.1.
    public let host = "127.0.0.1"
    /// The port that it listens on.
    public let port: Int
    /// Holds everything, and the home directory of the sessions as `home`; removed by `stop`.
    public let directory: String
    private let process: ChildProcess

    /// An ed25519 key that may log in.
    public var clientKey: String { directory + "/client_ed25519" }
    /// An ECDSA P-256 key that may log in.
    public var ecdsaClientKey: String { directory + "/client_ecdsa" }
    /// A known_hosts file that holds the server's keys.
    public var knownHosts: String { directory + "/known_hosts" }
    /// What the server has logged.
    public var log: String { TestFiles.read(directory + "/sshd.log") }

    private init(port: Int, directory: String, process: ChildProcess) {
        self.port = port
        self.directory = directory
        self.process = process
    }

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - configuration: further lines for its sshd_config; they come first, so they win.
    ///   - hostKeys: kinds of host key, as `ssh-keygen -t` names them.
    ///   - authorizedOptions: what stands before the keys in authorized_keys, for example `restrict`.
    public static func start(
        configuration: [String] = [], hostKeys: [String] = ["ed25519", "ecdsa"], authorizedOptions: String = ""
    ) async throws -> TestSSHServer {
        let directory = try TestFiles.makeDirectory(prefix: "fleet-sshd")
        do {
            _ = mkdir(directory + "/home", 0o700)
            for kind in hostKeys { try await keygen(kind, directory + "/host_\(kind)") }
            for kind in ["ed25519", "ecdsa"] { try await keygen(kind, directory + "/client_\(kind)") }
            let keys = ["ed25519", "ecdsa"].map { kind in
                (authorizedOptions.isEmpty ? "" : authorizedOptions + " ")
                    + TestFiles.read("\(directory)/client_\(kind).pub")
            }
            try TestFiles.write(keys.joined(), to: directory + "/authorized_keys")
            // Another program may take the free port before sshd does.
            for _ in 1...5 {
                let port = try TestPorts.free()
                try TestFiles.write(
                    config(configuration, hostKeys: hostKeys, directory: directory, port: port),
                    to: directory + "/sshd_config")
                if let server = try await launch(directory: directory, port: port) {
                    try server.writeKnownHosts(hostKeys)
                    return server
                }
            }
            throw Failure(description: "sshd did not start: " + TestFiles.read(directory + "/sshd.log"))
        } catch {
            TestFiles.remove(directory)
            throw error
        }
    }

    /// Ends the server, its sessions and what they run, and removes its directory.
    public func stop() async {
        let sessions = sessions
        _ = await process.end(grace: .seconds(2))
        // A command may have outlived its session; the home directory in its environment tells whose it is.
        let commands = ProcessTree.processes(withVariable: "HOME", value: directory + "/home")
        _ = await ProcessTree.end(sessions + commands, grace: .milliseconds(200))
        TestFiles.remove(directory)
    }

    /// How many processes its sessions have now; 0 when every client has left.
    public var sessionProcesses: Int { sessions.count }

    private var sessions: [FleetSystem.ProcessInfo] { ProcessTree.descendants(of: process.processID) }

    /// Ends all sessions at once, as a crash of them would, and lets the server go on.
    public func killSessions() async { _ = await ProcessTree.end(sessions, grace: .zero) }

    /// The line of known_hosts for one of the host keys.
    public func knownHostsLine(_ kind: String) -> String {
        "[\(host)]:\(port) " + TestFiles.read("\(directory)/host_\(kind).pub")
    }

    private func writeKnownHosts(_ kinds: [String]) throws {
        try TestFiles.write(kinds.map(knownHostsLine).joined(), to: knownHosts)
    }

    // MARK: Starting

    private static func config(_ lines: [String], hostKeys: [String], directory: String, port: Int) -> String {
        (lines + [
            "Port \(port)", "ListenAddress 127.0.0.1", "PidFile none",
            "AuthorizedKeysFile \(directory)/authorized_keys",
            "StrictModes no", "UsePAM no", "UseDNS no", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "PrintMotd no", "LogLevel VERBOSE",
            // The user's own shell start-up files must not slow the tests down or print into them.
            "SetEnv HOME=\(directory)/home",
        ] + hostKeys.map { "HostKey \(directory)/host_\($0)" }).joined(separator: "\n") + "\n"
    }

    /// Nil when the server ended at once, most likely for its port.
    private static func launch(directory: String, port: Int) async throws -> TestSSHServer? {
        if getuid() == 0 {
            // Where sshd jails the part of it that has no rights; Debian's service makes it at start.
            _ = mkdir("/run/sshd", 0o755)
        }
        let process = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: ["-D", "-e", "-f", directory + "/sshd_config"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], standardError: .file(directory + "/sshd.log")))
        let server = TestSSHServer(port: port, directory: directory, process: process)
        let isSettled = await Waiting.until(within: .seconds(10)) {
            server.log.contains("Server listening on") || process.status != nil
        }
        if isSettled { return process.status == nil ? server : nil }
        _ = await process.end(grace: .zero)
        throw Failure(description: "sshd was not ready after 10 s: " + server.log)
    }

    /// Makes a key pair.
    ///
    /// - Parameters:
    ///   - kind: as `ssh-keygen -t` names it; `ecdsa-384` and the like say the size too.
    ///   - options: further arguments, for example `-m PEM`.
    public static func keygen(
        _ kind: String, _ path: String, passphrase: String = "", options: [String] = []
    ) async throws {
        let words = kind.split(separator: "-").map(String.init)
        let size = words.count > 1 ? words[1] : ["ecdsa": "256", "rsa": "2048"][kind]
        try await run(
            "/usr/bin/ssh-keygen",
            ["-q", "-t", words[0]] + (size.map { ["-b", $0] } ?? []) + options
                + ["-N", passphrase, "-C", "test", "-f", path])
    }

    /// Makes a key pair that may log in, and returns the path of its private half.
    public func makeClientKey(
        _ kind: String, name: String, passphrase: String = "", options: [String] = []
    ) async throws -> String {
        let path = directory + "/" + name
        try await Self.keygen(kind, path, passphrase: passphrase, options: options)
        try TestFiles.write(
            TestFiles.read(directory + "/authorized_keys") + TestFiles.read(path + ".pub"),
            to: directory + "/authorized_keys")
        return path
    }

    /// Runs a program to its end; throws when it fails.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws {
        let process = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: arguments,
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 }))
        guard let status = await process.exit(within: .seconds(30)) else {
            _ = await process.end(grace: .zero)
            throw Failure(description: "\(program) did not end within 30 s")
        }
        guard status == .exited(0) else { throw Failure(description: "\(program) \(arguments): \(status)") }
    }
}

/// Who runs the tests.
enum UserName {
    static let current: String = {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "root" }
        return String(cString: name)
    }()
}
