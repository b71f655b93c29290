public import FleetModel
import FleetProtocol

/// The journal folded into a report: the only way from events to what people read.
public struct RunRecord: Sendable {
    private var begun: JournalEntry.Begun?
    private var startedAt = ""
    private var hosts: [HostID: HostRecord] = [:]
    private var startTimes: [AttemptID: String] = [:]
    private var attempts: [TestID: [RunReport.Attempt]] = [:]
    private var settled: [TestID: JournalEntry.Settled] = [:]
    private var ended: JournalEntry.Ended?

    private struct HostRecord {
        var isLost = false
        var services: [ServiceInfo] = []
        private(set) var notes: [String] = []

        /// How many notes of a host are kept, and how many bytes of each: an agent may be talkative, or hostile.
        private static let limits = (notes: 200, bytes: 8192)

        /// Keeps a note.
        mutating func note(_ text: String) {
            switch notes.count {
            case ..<Self.limits.notes: notes.append(BoundedText(head: text).limited(to: Self.limits.bytes).text)
            case Self.limits.notes: notes.append("more was said than is kept here; the journal has it all")
            default: break
            }
        }
    }

    /// A record of nothing yet.
    public init() {}

    /// Takes the next entry of the journal.
    public mutating func apply(_ entry: JournalEntry) {
        switch entry.event {
        case .begun(let value):
            begun = value
            startedAt = entry.time
        case .resumed:
            settled = settled.filter { $0.value.interrupted != true }
            ended = nil
        case .launched: break
        case .host(let change): apply(change)
        case .environment(let host, let state): apply(state, of: host)
        case .ordered: break
        case .started(_, let value): startTimes[value.attempt] = startTimes[value.attempt] ?? entry.time
        case .result(let line): apply(line, at: entry.time)
        case .settled(let value): settled[value.test] = value
        case .ended(let value): ended = value
        }
    }

    private mutating func apply(_ change: JournalEntry.HostChange) {
        switch change.state {
        case .ready, .restarted: hosts[change.host, default: HostRecord()].isLost = false
        case .lost, .unavailable: hosts[change.host, default: HostRecord()].isLost = true
        case .waiting, .suspect, .recovered, .notice, .finished: break
        }
        if change.state != .ready, !change.message.isEmpty {
            hosts[change.host, default: HostRecord()].note(change.message)
        }
    }

    private mutating func apply(_ state: Message.EnvironmentState, of host: HostID) {
        for service in state.services {
            var services = hosts[host]?.services ?? []
            services.removeAll { $0.name == service.name }
            services.append(service)
            hosts[host, default: HostRecord()].services = services.sorted { $0.name < $1.name }
        }
        if state.state == .failed, let message = state.message {
            hosts[host, default: HostRecord()].note("environment \(state.mode): \(message)")
        }
    }

    private mutating func apply(_ line: JournalEntry.ResultLine, at time: String) {
        let value = line.result
        attempts[value.test, default: []].append(
            RunReport.Attempt(
                host: line.host, lane: value.lane, slot: value.slot, epoch: value.epoch,
                start: startTimes[value.attempt] ?? time, counted: line.verdict == .counted, result: value.result))
    }

    /// What the reports say; nil before the run has begun.
    public var report: RunReport? {
        guard let begun else { return nil }
        let tests = begun.tests.map { test(for: $0, command: begun.command) }.sorted { $0.id < $1.id }
        let run = RunReport.Run(
            id: begun.run, exit: ended?.exit ?? 2, complete: tests.allSatisfy { !$0.outcome.isMissing },
            started: startedAt, seconds: ended?.seconds ?? 0, tested: begun.tested)
        let hosts = begun.hosts.map { host in
            let record = self.hosts[host.name] ?? HostRecord()
            return RunReport.Host(
                name: host.name, slots: host.slots, lost: record.isLost, services: record.services, notes: record.notes)
        }
        return RunReport(run: run, hosts: hosts, tests: tests)
    }

    private func test(for test: TestCase, command: String) -> RunReport.Test {
        let outcome = settled[test.id]
        var attempts = (attempts[test.id] ?? []).sorted { $0.start < $1.start }
        // Why a test was not run is said by an attempt that never began, unless an attempt says it already.
        let isTold = attempts.contains { $0.result.message == outcome?.message }
        if let outcome, attempts.isEmpty || (outcome.message != nil && !isTold) {
            attempts.append(
                RunReport.Attempt(
                    host: HostID(""), lane: 0, slot: 0, epoch: Epoch(rawValue: 0),
                    start: attempts.last?.start ?? startedAt, counted: true,
                    result: AttemptResult(
                        outcome: outcome.outcome, cause: outcome.cause, seconds: 0, message: outcome.message)))
        }
        return RunReport.Test(
            id: test.id, title: test.title, mode: test.homeMode, outcome: outcome?.outcome ?? .notRun,
            cause: outcome?.cause ?? .host, attempts: attempts, rerun: "\(command) --filter '^\(test.id)$'")
    }
}
