import FleetModel

/// Where things lie below the agent's working directory on a host.
struct SessionLayout: Hashable, Sendable {
    /// The working directory of all runs: `~/.cache/provisioning-fleet` unless told otherwise.
    let workdir: String
    let run: RunID
    let epoch: Epoch

    /// What tells one session from all others on the host.
    var name: String { "\(run)-\(epoch)" }
    /// Everything that the session makes.
    var session: String { "\(Self.sessions(workdir))/\(name)" }
    /// Held by the guardian.
    var lock: String { "\(session)/lock" }
    /// Held by the agent itself.
    var agentLock: String { "\(session)/agent-lock" }
    /// What others on the host may know of the session.
    var status: String { "\(session)/\(Self.statusName)" }
    var spool: String { "\(session)/spool" }
    var log: String { "\(session)/log" }
    /// Packs that were unpacked, by their SHA-256.
    var unpacked: String { "\(session)/packs" }
    /// Kept artifacts: a directory for each attempt.
    var artifacts: String { "\(session)/artifacts" }
    /// A private directory for each attempt that runs.
    var attempts: String { "\(session)/attempts" }
    /// What attempts left untouched, for the next ones; the number of the lane follows.
    var spares: String { "\(session)/spares" }
    /// A directory for each lane's environment.
    var lanes: String { "\(session)/lanes" }
    /// Environments that stay after the run: a directory for each lane.
    var kept: String { "\(session)/kept" }
    /// The packs that the coordinator pushed.
    var packs: String { "\(workdir)/packs" }

    /// The locks that stand for the host's slots, beside the bundles, which may stay.
    var slots: String { "\(workdir)/bundles/slots" }

    static let statusName = "status.json"

    /// The directory of all sessions.
    static func sessions(_ workdir: String) -> String { "\(workdir)/sessions" }

    /// The variable by which our processes are found when everything else is lost.
    static let variable = "FLEET_SESSION"
}
