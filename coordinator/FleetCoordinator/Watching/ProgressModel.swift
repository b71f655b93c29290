import FleetModel
import FleetProtocol
import FleetReports

/// The journal folded into what a watcher needs: counts, what each host does, and the time left.
struct ProgressModel {
    /// What a watcher sees of a host.
    struct Host {
        var slots: Int
        var state = "connecting"
        var running: Set<AttemptID> = []
        var done = 0
    }

    private(set) var hosts: [HostID: Host] = [:]
    private(set) var order: [HostID] = []
    private(set) var outcomes: [Outcome: Int] = [:]
    private(set) var total = 0
    private(set) var settled = 0
    private var estimates: [TestID: Double] = [:]
    /// The tests that only the end of the run settled.
    private var interrupted: [TestID: (outcome: Outcome, estimate: Double)] = [:]

    /// Takes the next entry.
    mutating func apply(_ entry: JournalEntry) {
        switch entry.event {
        case .begun(let begun):
            total = begun.tests.count
            order = begun.hosts.map(\.name)
            hosts = Dictionary(uniqueKeysWithValues: begun.hosts.map { ($0.name, Host(slots: $0.slots)) })
            for test in begun.tests { estimates[test.id] = test.estimate ?? 1 }
        case .resumed: reopen()
        case .launched: break
        case .host(let change): apply(change)
        case .environment(let host, let state): hosts[host]?.state = "\(state.mode) \(state.state.rawValue)"
        case .ordered: break
        case .started(let host, let started):
            hosts[host]?.running.insert(started.attempt)
            hosts[host]?.state = "running"
        case .result(let line):
            hosts[line.host]?.running.remove(line.result.attempt)
            if line.verdict == .counted { hosts[line.host]?.done += 1 }
        case .settled(let value):
            settled += 1
            outcomes[value.outcome, default: 0] += 1
            let estimate = estimates.removeValue(forKey: value.test)
            if value.interrupted == true { interrupted[value.test] = (value.outcome, estimate ?? 1) }
        case .ended: break
        }
    }

    private mutating func reopen() {
        for (test, entry) in interrupted {
            settled -= 1
            outcomes[entry.outcome, default: 0] -= 1
            estimates[test] = entry.estimate
        }
        interrupted = [:]
        for host in order { hosts[host]?.running = [] }
    }

    private mutating func apply(_ change: JournalEntry.HostChange) {
        switch change.state {
        case .notice: break
        case .waiting: hosts[change.host]?.state = PlainText.line(String(change.message.prefix(200)))
        default: hosts[change.host]?.state = change.state.rawValue
        }
        if change.state == .lost { hosts[change.host]?.running = [] }
    }

    /// How many tests have ended red.
    var redCount: Int { outcomes.reduce(0) { $1.key.isRed ? $0 + $1.value : $0 } }

    /// The expected time left in seconds: the open work spread over all slots, but never less than the longest test.
    var secondsLeft: Double {
        let slots = max(1, hosts.values.reduce(0) { $0 + $1.slots })
        let work = estimates.values.reduce(0, +)
        return max(work / Double(slots), estimates.values.max() ?? 0)
    }
}
