/// What is left to do on one channel, from its opening to the moment its handle is freed. Events in, duties out.
///
/// The order of the end is fixed: our last bytes, EOF, both EOFs seen, the other side's close, our close, free.
struct ChannelLifecycle: Hashable {
    enum State: Hashable {
        case open(inbound: Inbound, outbound: Outbound)
        /// Close is being sent and awaited.
        case closing
        case freeing
        case freed
    }

    enum Inbound: Hashable { case flowing, ended }
    /// `finishing`: nothing more will be written, EOF follows the last bytes.
    enum Outbound: Hashable { case flowing, finishing, ended }

    /// What may be done now.
    struct Duties: OptionSet, Hashable {
        let rawValue: Int
        static let read = Duties(rawValue: 1)
        static let write = Duties(rawValue: 2)
        static let sendEnd = Duties(rawValue: 4)
        static let awaitClose = Duties(rawValue: 8)
        static let close = Duties(rawValue: 16)
        static let free = Duties(rawValue: 32)
    }

    private(set) var state = State.open(inbound: .flowing, outbound: .flowing)

    /// What may be done now, given whether bytes wait to be written.
    func duties(hasPendingWrites: Bool) -> Duties {
        switch state {
        case .open(let inbound, let outbound):
            var duties: Duties = inbound == .flowing ? .read : .awaitClose
            if hasPendingWrites {
                duties.insert(.write)
            } else if outbound == .finishing {
                duties.insert(.sendEnd)
            }
            return duties
        case .closing: return .close
        case .freeing: return .free
        case .freed: return []
        }
    }

    /// True while bytes may be given to it.
    var acceptsWrites: Bool {
        if case .open(_, .flowing) = state { return true }
        return false
    }

    var isOpen: Bool {
        if case .open = state { return true }
        return false
    }

    var isFreed: Bool { state == .freed }

    /// Everything that the other side sent has been read, and it will send no more.
    mutating func inboundEnded() {
        guard case .open(.flowing, let outbound) = state else { return }
        state = .open(inbound: .ended, outbound: outbound)
    }

    /// Our side will write nothing more.
    mutating func finishWriting() {
        guard case .open(let inbound, .flowing) = state else { return }
        state = .open(inbound: inbound, outbound: .finishing)
    }

    /// EOF has been sent.
    mutating func endSent() {
        guard case .open(let inbound, .finishing) = state else { return }
        state = .open(inbound: inbound, outbound: .ended)
    }

    /// The channel is to be closed now: by our side, or because the other side did.
    mutating func beginClosing() {
        guard isOpen else { return }
        state = .closing
    }

    /// Both sides have closed.
    mutating func closed() {
        guard state == .closing else { return }
        state = .freeing
    }

    /// The handle is gone, with the session at the latest.
    mutating func freed() { state = .freed }
}
