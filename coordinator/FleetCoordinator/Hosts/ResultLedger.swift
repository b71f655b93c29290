import NIOConcurrencyHelpers

/// Which results of which agent have arrived and which are on our disk, so that none is counted twice or thanked for
/// too early.
final class ResultLedger: Sendable {
    /// What a result's number says.
    enum Arrival: Hashable {
        /// It is the next one.
        case new
        /// It arrived before; all up to `safe` are on our disk.
        case repeated(safe: Int)
        /// Results between `last` and this one never arrived, and never will: results come in order.
        case afterGap(last: Int)
    }

    private struct Entry {
        var received = 0
        var safe = 0
    }

    private let entries = NIOLockedValueBox<[String: Entry]>([:])

    /// Takes over what an earlier coordinator of the run has in its journal.
    func restore(_ sequence: Int, of incarnation: String) {
        entries.withLockedValue { $0[incarnation] = Entry(received: sequence, safe: sequence) }
    }

    /// Takes note of a result of one start of an agent.
    func arrived(_ sequence: Int, of incarnation: String) -> Arrival {
        entries.withLockedValue { entries in
            let entry = entries[incarnation, default: Entry()]
            guard sequence > entry.received else { return .repeated(safe: entry.safe) }
            entries[incarnation, default: Entry()].received = sequence
            return sequence == entry.received + 1 ? .new : .afterGap(last: entry.received)
        }
    }

    /// Takes note that a result is on our disk.
    func becameSafe(_ sequence: Int, of incarnation: String) {
        entries.withLockedValue { $0[incarnation, default: Entry()].safe = sequence }
    }
}
