import PlatformService

/// Runs commands on servers over SSH, with the `ssh` program and the platform's own key.
struct RemoteShell: Sendable {
    /// The file of the platform's private key.
    let identity: String

    /// Where to log in, and what the host's key must be.
    struct Target: Sendable, Hashable {
        let endpoint: SSHEndpoint
        let user: String
        /// A file with the one known_hosts line.
        let knownHosts: String
    }

    /// Runs a command line of the server's shell. `input` is a file for its standard input.
    func run(
        _ command: String, on target: Target, input: String? = nil, seconds: Double = 30
    ) async throws -> CommandRunner.Result {
        let options = [
            "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=\"\(target.knownHosts)\"", "GlobalKnownHostsFile=/dev/null", "ConnectTimeout=10",
            "ServerAliveInterval=10", "LogLevel=ERROR", "ForwardAgent=no", "ControlMaster=no", "ControlPath=none",
        ]
        let arguments =
            ["-F", "none", "-T", "-i", identity, "-p", "\(target.endpoint.port)"] + options.flatMap { ["-o", $0] }
            + ["\(target.user)@\(target.endpoint.address)", command]
        return try await CommandRunner.run("ssh", arguments, input: input, seconds: seconds)
    }
}
