import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real SSH server, OpenSSH's or dropbear, on a free port of 127.0.0.1, with host keys, client keys and files of its own.
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
    /// True when an OpenSSH server can be started here.
    public static var isAvailable: Bool { Program.openSSH.isAvailable }

    /// Always 127.0.0.1.
    public let host = "127.0.0.1"
    /// The port that it listens on.
    public let port: Int
    /// Holds everything, and the home directory of the sessions as `home`; removed by `stop`.
    public let directory: String
    /// Whose server it is.
    public let program: Program
    private let process: ChildProcess

    /// An ed25519 key that may log in.
    public var clientKey: String { directory + "/client_ed25519" }
    /// An ECDSA P-256 key that may log in.
    public var ecdsaClientKey: String { directory + "/client_ecdsa" }
    /// A known_hosts file that holds the server's keys.
    public var knownHosts: String { directory + "/known_hosts" }
    /// What the server has logged.
    public var log: String { TestFiles.read(directory + "/sshd.log") }

    private init(port: Int, directory: String, program: Program, process: ChildProcess) {
        self.port = port
        self.directory = directory
        self.program = program
        self.process = process
    }

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - program: whose server.
    ///   - configuration: further lines for its sshd_config; they come first, so they win. For dropbear: arguments.
    ///   - hostKeys: kinds of host key, as `keygen` names them.
    ///   - authorizedOptions: what stands before the keys in authorized_keys, for example `restrict`.
    ///   - shell: the user's login shell as the server sees it; nil leaves it. Needs root.
    public static func start(
        _ program: Program = .openSSH, configuration: [String] = [], hostKeys: [String] = ["ed25519", "ecdsa"],
        authorizedOptions: String = "", shell: String? = nil
    ) async throws -> TestSSHServer {
        let directory = try TestFiles.makeDirectory(prefix: "fleet-sshd")
        do {
            _ = mkdir(directory + "/home", 0o700)
            for kind in hostKeys { try await program.makeHostKey(kind, directory + "/host_\(kind)") }
            for kind in ["ed25519", "ecdsa"] { try await keygen(kind, directory + "/client_\(kind)") }
            let keys = ["ed25519", "ecdsa"].map { kind in
                (authorizedOptions.isEmpty ? "" : authorizedOptions + " ")
                    + TestFiles.read("\(directory)/client_\(kind).pub")
            }
            try TestFiles.write(keys.joined(), to: directory + "/authorized_keys")
            let launcher = Launcher(
                program: program, directory: directory, configuration: configuration, hostKeys: hostKeys,
                shell: program == .dropbear ? shell ?? "/bin/sh" : shell)
            try launcher.prepare()
            // Another program may take the free port before sshd does.
            for _ in 1...5 {
                let port = try TestPorts.free()
                if let process = try await launcher.launch(port: port) {
                    let server = TestSSHServer(
                        port: port, directory: directory, program: program, process: process)
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

    // MARK: Keys

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
