import FleetModel
import FleetProtocol
import FleetScheduling

/// Hosts whose slots other runs have.
extension Dispatcher {
    /// Lets tests begin once as many hosts take part as the user asked for; what has begun goes on.
    mutating func beginIfEnough() {
        guard !hasBegun else { return }
        hasBegun = settings.requiredHosts <= 1 || hosts.values.count { $0.takesPart } >= settings.requiredHosts
    }

    /// An agent has more slots of its host than before, or says who has the others.
    mutating func slotsChanged(_ host: HostID, _ share: Message.Slots) -> [Action] {
        guard !isOver, let state = hosts[host], state.isReady else { return [] }
        for (index, count) in zip(state.lanes.indices, share.held) {
            let most = max(1, state.lanes[index].capacity.workers)
            hosts[host]?.lanes[index].workers = min(max(0, count), most)
        }
        hosts[host]?.slotHolders = share.holders
        let hasNoSlot = hosts[host]?.hasNoSlot == true
        hosts[host]?.waitingSince = hasNoSlot ? state.waitingSince ?? now : nil
        let isShort = share.count < share.wanted
        hosts[host]?.isShortOfSlots = isShort
        var actions: [Action] = []
        if isShort {
            actions.append(.record(.host(change(host, .waiting, SlotWords.waiting(host, share)))))
        } else if state.isShortOfSlots {
            actions.append(.record(.host(change(host, .ready, "it has all its \(share.wanted) slots now"))))
        }
        orderEverywhere(&actions)
        return actions
    }

    /// Leaves a host out that has waited for a slot as long as it may.
    mutating func leaveOutIfWaitedEnough(_ host: HostID) -> [Action] {
        guard !isOver, let state = hosts[host], state.isReady, let since = state.waitingSince,
            now - since >= settings.hostWait
        else { return [] }
        let reason = SlotWords.leftOut(state.slotHolders, after: settings.hostWait)
        let record = Action.record(.host(change(host, .unavailable, reason)))
        let dismissal = Action.dismiss(host, reason: "its slots did not become free in time")
        return [record] + hostLost(host, reason: reason, cause: .host, isFinal: true) + [dismissal]
    }

    private func change(
        _ host: HostID, _ state: JournalEntry.HostChange.State, _ text: String
    ) -> JournalEntry.HostChange {
        var epoch = Epoch(rawValue: 0)
        if case .ready(let present) = hosts[host]?.phase { epoch = present }
        return JournalEntry.HostChange(host: host, state: state, epoch: epoch, message: text)
    }
}

/// What is told of hosts whose slots other runs have.
enum SlotWords {
    /// Who waits for whom.
    static func waiting(_ host: HostID, _ share: Message.Slots) -> String {
        let count = max(0, share.wanted - share.count)
        let slots = count == 1 ? "1 slot" : "\(count) slots"
        return "waiting for \(slots) of \(host), held by \(holders(share.holders))"
    }

    /// Why a host takes no part.
    static func leftOut(_ others: [Message.Slots.Holder], after seconds: Double) -> String {
        "left out: it had no free slot for \(length(seconds)) (--wait-hosts); they are held by \(holders(others))"
    }

    private static func holders(_ others: [Message.Slots.Holder]) -> String {
        guard !others.isEmpty else { return "nobody who says so" }
        let shown = others.prefix(3).map { holder in
            let owner = holder.owner.isEmpty ? "somebody" : holder.owner
            return "\(owner)'s run \(holder.run) since \(length(holder.seconds))"
        }
        let more = others.count > shown.count ? ["\(others.count - shown.count) more"] : []
        return (shown + more).joined(separator: " and ")
    }

    /// A length of time for people: the largest unit that leaves a number worth reading.
    static func length(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(seconds.rounded())) s"
        case ..<5400: "\(Int((seconds / 60).rounded())) min"
        default: "\(Int((seconds / 3600).rounded())) h"
        }
    }
}
