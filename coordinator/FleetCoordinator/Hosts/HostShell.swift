import FleetModel

/// Plain commands on a host, beside its agents: they need no bundle there.
protocol HostShell: Sendable {
    /// The working directory as a word for the host's shell, with its variables not yet filled in.
    var workdirWord: String { get }
    /// The working directory as the host resolves it; it is made where there is none.
    func resolvedWorkdir() async throws(LinkError) -> String
    /// Runs a script in the host's /bin/sh, whatever the user's login shell is.
    ///
    /// - Throws: `LinkError` when it could not be run or did not end in time; a script that fails does not throw.
    func shell(_ script: String, limit: Duration) async throws(LinkError) -> ShellOutcome
    /// Runs our program on the host, once `prepare` has brought it there.
    func agent(_ arguments: [String], input: String, limit: Duration) async throws(LinkError) -> ShellOutcome
    /// Whether ports of the host can be reached through the connection.
    func forwarding() async throws(LinkError) -> Forwarding
}

extension HostShell {
    /// Runs our program on the host without input, for at most a minute.
    func agent(_ arguments: [String]) async throws(LinkError) -> ShellOutcome {
        try await agent(arguments, input: "", limit: .seconds(60))
    }
}

/// How a command on a host ended.
struct ShellOutcome: Hashable, Sendable {
    /// Its exit status; -1 when a signal ended it.
    var status: Int
    var output: String
    var errors: String
}

/// Whether a host lets us reach its ports.
enum Forwarding: Hashable, Sendable {
    /// It is this machine.
    case notNeeded
    case allowed
    /// The server forbids it; what it said.
    case forbidden(String)
}

/// A host that can be examined and that can hold an agent.
typealias HostTransport = AgentTransport & HostShell
