import FleetModel
import FleetProtocol

/// Whose turn it is when slots of the host become free. Pure.
///
/// The locks alone decide who has a slot; the queue only keeps who came later from snatching it. A run starts on what it
/// has and never waits with slots in its hand for slots elsewhere, so that two runs cannot wait for each other.
struct SlotQueue {
    /// The other sessions of the host whose agents live.
    let others: [SessionStatus]

    /// Whether a session may take what is free: those that have nothing come first, then the first that came.
    func isTurn(of ours: SessionStatus) -> Bool {
        !others.contains { other in
            guard other.phase == .serving, other.held < other.wanted else { return false }
            return rank(other) < rank(ours)
        }
    }

    /// Who has slots, the first that came first.
    func holders(now: Double) -> [Message.Slots.Holder] {
        others.filter { $0.held > 0 && $0.phase == .serving }.prefix(ProtocolVersion.maximumSlots).map {
            Message.Slots.Holder(owner: $0.owner, run: $0.run, slots: $0.held, seconds: $0.age(now: now).rounded())
        }
    }

    /// How many slots each lane gets: the first lanes are filled first, because an environment for one slot costs as
    /// much as one for many.
    static func shares(of count: Int, lanes: Int, slotsPerLane: Int) -> [Int] {
        (0..<max(1, lanes)).map { min(slotsPerLane, max(0, count - $0 * slotsPerLane)) }
    }

    private struct Rank: Comparable {
        var hasSome: Bool
        var since: Double
        var name: String

        static func < (left: Rank, right: Rank) -> Bool {
            if left.hasSome != right.hasSome { return !left.hasSome }
            return (left.since, left.name) < (right.since, right.name)
        }
    }

    private func rank(_ session: SessionStatus) -> Rank {
        Rank(hasSome: session.held > 0, since: session.since, name: session.name)
    }
}
