internal import NIOConcurrencyHelpers
internal import NIOCore

/// A session on its TCP connection, as tasks hold it. It stays valid when the connection has ended, however early.
struct OpenSession: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<SSHSessionHandler>
    let loggedIn: EventLoopFuture<Void>
    let ended: EventLoopFuture<SSHError?>

    /// Must be called on the loop of the session.
    init(channel: any Channel, handler: SSHSessionHandler) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        loggedIn = handler.loggedIn.futureResult
        ended = handler.ended.futureResult
    }
}

/// One TCP connection that is being opened, and that any thread may give up.
final class Dial: Sendable {
    private enum State {
        case idle
        case begun(OpenSession)
        case givenUp
    }

    private let state = NIOLockedValueBox(State.idle)

    /// The channel exists and is about to connect. Throws when it was given up before.
    func began(_ session: OpenSession) throws {
        try state.withLockedValue { state in
            guard case .idle = state else { throw CancellationError() }
            state = .begun(session)
        }
    }

    /// What was begun. The session may have ended again by now: it knows why.
    func session() throws -> OpenSession {
        guard case .begun(let session) = state.withLockedValue({ $0 }) else { throw CancellationError() }
        return session
    }

    /// Closes what was begun, so that whoever waits for it is told.
    func giveUp() {
        let session: OpenSession? = state.withLockedValue { state in
            defer { state = .givenUp }
            if case .begun(let session) = state { return session }
            return nil
        }
        session?.channel.close(promise: nil)
    }
}
