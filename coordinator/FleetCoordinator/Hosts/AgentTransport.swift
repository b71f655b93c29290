import FleetModel
import FleetProtocol

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a host's agent is started and reached.
protocol AgentTransport: Sendable {
    /// Connects, brings the bundle there where it is missing and checks what the host needs.
    func prepare() async throws(LinkError)
    /// Starts an agent, detached, and hands it the token on its standard input.
    func launch(_ order: LaunchOrder) async throws(LinkError) -> AgentAddress
    /// Opens a stream to an agent's port.
    func open(port: Int) async throws(LinkError) -> any ByteDuplex
    /// Ends what is left of agents on the host and removes their files; returns what stayed.
    func sweep(_ scope: SweepScope) async throws(LinkError) -> [String]
    /// Closes the connection; the agent goes on.
    func close() async
    /// What people should know of the way by which the agent is reached; nil when it is the usual one.
    var detour: String? { get }
}

extension AgentTransport {
    var detour: String? { nil }
}

/// Whose remains are swept.
enum SweepScope: Hashable, Sendable {
    /// The agents of one run, alive or not.
    case run(RunID)
    /// Agents that are dead.
    case dead
    /// Agents that are dead, and kept environments that no run uses.
    case kept
    /// All agents, alive or not.
    case all

    /// The arguments of `agent sweep`.
    func arguments(workdir: String) -> [String] {
        let arguments = ["sweep", "--workdir", workdir]
        switch self {
        case .run(let run): return arguments + ["--run", run.rawValue]
        case .dead: return arguments
        case .kept: return arguments + ["--kept"]
        case .all: return arguments + ["--all"]
        }
    }
}

/// What an agent is started with.
struct LaunchOrder: Sendable {
    var run: RunID
    var epoch: Epoch
    var token: RunToken
    /// How many tests this run wants to run there at once.
    var slots: Int
    /// How many slots the host has for all runs together; nil: as many as this run wants.
    var hostSlots: Int?
    var lanes: Int
    var driver: Driver?
    /// How long the agent waits for a coordinator, in seconds.
    var grace: Double
    /// Who started the run, for people.
    var owner = ""
    /// How much memory everything that the agent starts may use together, in bytes; nil for no limit.
    var memory: Int?
    /// How much what the agent starts yields to others, from 0 to 19.
    var niceness = 0
    /// How long environments stay after the run, in seconds; nil: they go with it.
    var keep: Double?
    /// Whether kept environments are taken over in place of bringing new ones up.
    var adopts = false
    /// The user's configuration with its secrets; nil: all is standard.
    var configuration: TestConfiguration?

    /// What the agent reads on its standard input: secrets are nowhere else on the way.
    func input() throws(LinkError) -> String {
        let token = token.hexadecimal + "\n"
        guard let configuration else { return token }
        do {
            return token + String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self) + "\n"
        } catch {
            throw LinkError(.permanent, "the configuration cannot be sent: \(error)")
        }
    }

    /// The arguments after the program's name.
    func arguments(workdir: String) -> [String] {
        var arguments = ["serve", "--run", run.rawValue, "--epoch", "\(epoch)", "--workdir", workdir]
        arguments += ["--slots", "\(slots)", "--lanes", "\(lanes)", "--grace", "\(grace)"]
        if let driver { arguments += ["--driver", driver.rawValue] }
        if let hostSlots { arguments += ["--host-slots", "\(hostSlots)"] }
        if let keep { arguments += ["--keep", "\(keep)"] }
        if adopts { arguments.append("--adopt") }
        if configuration != nil { arguments.append("--configuration") }
        if !owner.isEmpty { arguments += ["--owner=\(owner)"] }
        if let memory { arguments += ["--memory", "\(memory)"] }
        if niceness > 0 { arguments += ["--nice", "\(niceness)"] }
        return arguments
    }
}

/// Where an agent listens, as its one `ready` line says.
struct AgentAddress: Hashable, Sendable, Codable {
    /// The port on the host's loopback address.
    var port: Int
    /// Distinguishes one start of the program from the next.
    var incarnation: String
}

/// Why a host cannot be used, now or at all.
struct LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether trying again can help.
    enum Kind: Hashable, Sendable {
        /// The connection broke or could not be made; it may work later.
        case transient
        /// Nobody listens on the agent's port: it has died.
        case agentGone
        /// The agent works, but results of it will never come: what it has must be given to others.
        case resultsLost
        /// The agent answers, but owes a result for too long: what it has must be given to others.
        case overdue
        /// The agent says too much that makes no sense; nothing that it says can be relied upon.
        case untrustworthy
        /// Somebody sent the run away from the host; no other agent of it is started there.
        case evicted
        /// It cannot work without somebody mending something: wrong key, missing program, wrong version.
        case permanent
    }

    var kind: Kind
    /// What was tried, what happened, what to do.
    var description: String
    /// Where on the way to the host it happened, such as `login`; nil when that is not known.
    var stage: String?

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
