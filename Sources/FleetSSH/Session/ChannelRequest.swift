internal import NIOCore

/// What somebody asked of a session, a command or a tunnel, and what has come of it.
final class ChannelRequest {
    /// How far the opening has come inside libssh2.
    enum Opening {
        case waiting
        case opening
        case starting(EngineChannel)
    }

    enum State {
        case pending(Opening)
        /// Whoever asked has been told that it failed, but libssh2 is still at it and cannot be stopped.
        case abandoned(Opening, SSHError)
        case open(SessionChannel)
        case over(SSHError)
    }

    let kind: SessionChannel.Kind
    let consumer: any ChannelConsumer
    /// Kept when the channel is open and its command has started.
    let opened: EventLoopPromise<Void>
    private(set) var state = State.pending(.waiting)
    /// The caller's limit.
    private var timer: Scheduled<Void>?
    /// The limit of the opening.
    private var openingTimer: Scheduled<Void>?

    init(kind: SessionChannel.Kind, consumer: any ChannelConsumer, opened: EventLoopPromise<Void>) {
        self.kind = kind
        self.consumer = consumer
        self.opened = opened
    }

    /// How far libssh2 is with it; nil when it is not opening.
    var opening: Opening? {
        switch state {
        case .pending(let opening), .abandoned(let opening, _): opening
        case .open, .over: nil
        }
    }

    /// True when it waits and libssh2 has not heard of it.
    var isWaiting: Bool {
        if case .pending(.waiting) = state { return true }
        return false
    }

    var isAbandoned: Bool {
        if case .abandoned = state { return true }
        return false
    }

    var channel: SessionChannel? {
        if case .open(let channel) = state { return channel }
        return nil
    }

    /// The opening went one step on.
    func moved(to opening: Opening) {
        switch state {
        case .pending: state = .pending(opening)
        case .abandoned(_, let error): state = .abandoned(opening, error)
        case .open, .over: break
        }
    }

    /// The channel is open. An abandoned one is closed again at once.
    func didOpen(_ channel: SessionChannel) {
        switch state {
        case .pending:
            setOpeningTimer(nil)
            state = .open(channel)
            channel.setTimer(timer)
            timer = nil
            opened.succeed()
        case .abandoned(_, let error), .over(let error):
            state = .over(error)
            channel.close(error)
        case .open: break
        }
    }

    /// It failed, or nobody wants it any more.
    func fail(_ error: SSHError) {
        switch state {
        case .pending(.waiting):
            state = .over(error)
            tell(error)
        case .pending(let opening):
            state = .abandoned(opening, error)
            tell(error)
        case .abandoned: break
        case .open(let channel):
            state = .over(error)
            channel.close(error)
        case .over: break
        }
    }

    /// The opening is finished without a channel.
    func didFailToOpen(_ error: SSHError) {
        fail(error)
        state = .over(error)
    }

    /// Sets the limit for what follows, in place of an older one.
    func setTimer(_ timer: Scheduled<Void>?) {
        switch state {
        case .pending:
            self.timer?.cancel()
            self.timer = timer
        case .open(let channel): channel.setTimer(timer)
        case .abandoned, .over: timer?.cancel()
        }
    }

    /// Sets the limit of the opening, in place of an older one.
    func setOpeningTimer(_ timer: Scheduled<Void>?) {
        openingTimer?.cancel()
        openingTimer = timer
    }

    private func tell(_ error: SSHError) {
        setOpeningTimer(nil)
        timer?.cancel()
        timer = nil
        opened.fail(error)
        consumer.ended(.failure(error))
    }
}

@available(*, unavailable)
extension ChannelRequest: Sendable {}
