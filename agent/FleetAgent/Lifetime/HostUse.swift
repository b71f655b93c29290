import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who uses this host through agents of one working directory: the answer of `agent status`.
struct HostUse: Hashable, Sendable, Codable {
    /// One run.
    struct Session: Hashable, Sendable, Codable {
        var run: RunID
        var epoch: Epoch
        var owner: String
        var phase: SessionStatus.Phase
        /// The agent's process.
        var pid: Int32
        /// For how long it has been here, in seconds.
        var seconds: Double
        /// How many slots it has, and wants.
        var slots: Int
        var wanted: Int
        /// The tests that run now.
        var tests: [String]
    }

    var schema = 1
    var sessions: [Session]
    /// Environments that are kept without a run.
    var environments: [KeptReport] = []

    /// Looks at a working directory.
    static func look(workdir: String) -> HostUse {
        let now = SessionStatus.now
        let marked = ProcessTree.all().filter { !$0.isZombie }.compactMap(\.environment)
        let sessions = SessionStatus.living(workdir: workdir).map { status in
            let directory = "\(SessionLayout.sessions(workdir))/\(status.name)"
            let tests = marked.filter { $0[SessionLayout.variable] == directory }.compactMap { variables in
                variables["FLEET_TEST"].map { Attempt(number: variables[AttemptRequest.variable] ?? "", test: $0) }
            }
            return Session(
                run: status.run, epoch: status.epoch, owner: status.owner, phase: status.phase, pid: status.pid,
                seconds: status.age(now: now).rounded(), slots: status.held, wanted: status.wanted,
                tests: Set(tests).map(\.test).sorted())
        }
        return HostUse(sessions: sessions, environments: KeptReport.all(workdir: workdir))
    }

    /// The processes of one attempt have both in common.
    private struct Attempt: Hashable {
        var number: String
        var test: String
    }

    /// The same for people.
    var text: String {
        let lines = sessions.map(Self.text) + environments.map(Self.text)
        return lines.isEmpty ? "no run uses this host" : lines.joined(separator: "\n")
    }

    private static func text(_ session: Session) -> String {
        let owner = session.owner.isEmpty ? "somebody" : session.owner
        let since = "since \(Self.length(session.seconds))"
        var lines: [String]
        switch session.phase {
        case .keeping:
            lines = ["run \(session.run) of \(owner), \(since): over; it keeps an environment"]
        case .serving:
            let share = "\(session.slots) of \(session.wanted) slots"
            let waits = session.slots < session.wanted ? ", waits for the others" : ""
            lines = ["run \(session.run) of \(owner), \(since): \(share)\(waits), \(session.tests.count) tests running"]
        }
        lines += session.tests.map { "  \($0)" }
        lines.append("  evict it with: agent stop --run \(session.run)")
        return lines.joined(separator: "\n")
    }

    private static func text(_ environment: KeptReport) -> String {
        let left = environment.secondsLeft.map { ", \(length($0)) left" } ?? ""
        let use = environment.isAdopted ? ", used by a run" : ""
        return """
            environment \(environment.name): \(environment.mode), since \(length(environment.seconds))\(left)\(use): \
            \(environment.reason)
              take it down with: agent environment down --name \(environment.name)
            """
    }

    /// A length of time for people: the largest unit that leaves a number worth reading.
    static func length(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(max(0, seconds).rounded())) s"
        case ..<5400: "\(Int((seconds / 60).rounded())) min"
        default: "\(Int((seconds / 3600).rounded())) h"
        }
    }

    func json() throws -> String { try Self.json(self) }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// What `agent status` and `agent stop` do.
enum HostUseProgram {
    /// Says who uses this host.
    static func status(workdir: String, asJSON: Bool) -> Int32 {
        let use = HostUse.look(workdir: workdir)
        do {
            StandardStreams.write(line: asJSON ? try use.json() : use.text)
            return 0
        } catch {
            StandardStreams.complain("\(error)")
            return 74
        }
    }

    /// Sends runs away from this host: their agents are asked to go, then forced; at most about 25 seconds.
    ///
    /// Their coordinators see the host lost with the reason, and run the tests elsewhere.
    static func stop(workdir: String, run: RunID?) async -> Int32 {
        let sessions = SessionStatus.living(workdir: workdir).filter { $0.phase == .serving }
        let named = sessions.filter { run == nil || $0.run == run }
        guard !named.isEmpty else {
            StandardStreams.complain(run.map { "no agent of run \($0) is here" } ?? "no run uses this host")
            return run == nil ? 0 : 1
        }
        let sweep = Sweep(workdir: workdir)
        do {
            let turn = try await sweep.turn(within: .seconds(5))
            defer { turn.release() }
            try Eviction.note(named.map(\.run), by: Eviction.person, workdir: workdir)
            let directories = named.map { "\(SessionLayout.sessions(workdir))/\($0.name)" }
            let leftovers = await sweep.end(directories)
            for session in named { StandardStreams.write(line: "evicted run \(session.run) of \(session.owner)") }
            for leftover in leftovers { StandardStreams.complain("left behind: \(leftover)") }
            return leftovers.isEmpty ? 0 : 1
        } catch {
            StandardStreams.complain("\(error)")
            return 74
        }
    }
}
