import FleetSystem

/// A login that did not work, before any command of ours ran.
public struct SSHFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// User, host and port.
    public var target: String
    /// What `ssh` said.
    public var reason: String

    /// One sentence.
    public var description: String { "ssh to \(target): \(reason)" }
}

/// Logs in to a server that the platform made, with the host's `ssh` program.
///
/// The configuration of the user and of the machine, agents and known hosts play no part: the key is the test's, and
/// the host key must be the one that the orchestrator reported. A second implementation of SSH, and so an independent
/// witness.
public struct SSHClient: Sendable {
    let host: String
    let port: Int
    let user: String
    let identity: String
    let hostKey: String
    let directory: String
    let log: TestLog

    private var target: String { "\(user)@\(host):\(port)" }

    /// Runs a command and returns what it printed, whatever its exit status is.
    ///
    /// - Parameters:
    ///   - command: a line for the user's shell.
    ///   - limit: how long login and command may take.
    /// - Throws: `SSHFailure` when the login did not work, `ProgramFailure` when `ssh` is missing or hangs.
    public func execute(_ command: String, within limit: Duration = .seconds(20)) async throws -> ProgramResult {
        let knownHosts = "\(directory)/known_hosts-\(host)-\(port)"
        let name = port == 22 ? host : "[\(host)]:\(port)"
        try AtomicFile.write(Array("\(name) \(hostKey)\n".utf8), to: knownHosts)
        let options = [
            "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=\(knownHosts)", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no",
            "PreferredAuthentications=publickey", "ConnectTimeout=10", "ControlMaster=no", "LogLevel=ERROR",
            "ForwardAgent=no", "ForwardX11=no",
        ]
        let arguments =
            ["-F", "none", "-T", "-n", "-i", identity, "-p", String(port)] + options.flatMap { ["-o", $0] }
            + ["\(user)@\(host)", command]
        let result = try await ProgramRun.run("ssh", arguments, home: directory, limit: limit)
        log.note(.debug, "ssh", ["to": target, "command": command, "status": result.status.description])
        // 255 is what ssh itself fails with; a command that ends so is told apart by what ssh says.
        if result.status == .exited(255), !result.errorOutput.isEmpty {
            let words = result.errorOutput.split(separator: "\n").joined(separator: "; ")
            throw SSHFailure(target: target, reason: words)
        }
        return result
    }

    /// Runs a command that must succeed, and returns its standard output without the final line feed.
    ///
    /// - Throws: `AssertionFailure` with what the command said when it failed.
    public func output(
        of command: String, within limit: Duration = .seconds(20), filePath: String = #filePath, line: Int = #line
    ) async throws -> String {
        let result = try await execute(command, within: limit)
        guard result.status.isSuccess else {
            throw AssertionFailure(
                "“\(command)” failed on \(target)", expected: "exit status 0",
                actual: "\(result.status): \(result.errorOutput.suffix(1000))",
                at: SourcePlace(filePath: filePath, line: line))
        }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }
}

/// A key pair for logging in to the servers of one test.
public struct SSHIdentity: Hashable, Sendable {
    /// The file of the private key.
    public let privateKeyFile: String
    /// The public key, as one line of an `authorized_keys` file.
    public let publicKey: String

    /// A pair that came from elsewhere.
    public init(privateKeyFile: String, publicKey: String) {
        self.privateKeyFile = privateKeyFile
        self.publicKey = publicKey
    }
}

extension TestContext {
    /// Makes an ed25519 key pair in the scratch directory, with `ssh-keygen`.
    ///
    /// - Throws: `ProgramFailure` when the host lacks the program (package `openssh-client`).
    public func makeIdentity() async throws -> SSHIdentity {
        let file = "\(scratch)/key-\(UInt64.random(in: 0 ... .max))"
        let result = try await ProgramRun.run(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", unique("test"), "-f", file], home: scratch,
            limit: .seconds(10))
        guard result.status.isSuccess else {
            throw ProgramFailure(program: "ssh-keygen", reason: "\(result.status): \(result.errorOutput)")
        }
        let line = String(decoding: try AtomicFile.read("\(file).pub"), as: UTF8.self)
        return SSHIdentity(privateKeyFile: file, publicKey: line.split(separator: "\n").first.map(String.init) ?? "")
    }
}
