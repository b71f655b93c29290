internal import NIOCore

/// A channel as the rest of the program holds it: any thread may use it, the work is done on the session's loop.
struct ChannelHandle: Sendable {
    /// The channel as its session's loop sees it.
    struct Session {
        let handler: SSHSessionHandler
        let request: ChannelRequest

        /// Writes; the promise is kept when libssh2 has taken all of it.
        func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>) {
            switch request.state {
            case .open(let channel): channel.write(bytes, promise: promise)
            case .abandoned(_, let error), .over(let error): promise.fail(error)
            case .pending: promise.fail(SSHError.closed(.command, target: handler.target))
            }
        }
    }

    let target: SSHTarget
    let eventLoop: any EventLoop
    /// Kept when the channel is open and its command has started.
    let opened: EventLoopFuture<Void>
    private let session: NIOLoopBound<Session>

    /// Asks the session for a channel. Must be called on its loop.
    init(handler: SSHSessionHandler, kind: SessionChannel.Kind, consumer: any ChannelConsumer) {
        let request = ChannelRequest(kind: kind, consumer: consumer, opened: handler.eventLoop.makePromise())
        target = handler.target
        eventLoop = handler.eventLoop
        opened = request.opened.futureResult
        session = NIOLoopBound(Session(handler: handler, request: request), eventLoop: handler.eventLoop)
        handler.request(request)
    }

    /// Waits until the channel is open. Cancelling gives the channel up.
    func awaitOpening() async throws(SSHError) {
        try await value(of: opened, at: .channel)
    }

    /// Waits for something that the channel leads to. Cancelling gives the channel up.
    func value<Value: Sendable>(
        of future: EventLoopFuture<Value>, at stage: SSHError.Stage
    ) async throws(SSHError) -> Value {
        do {
            return try await withTaskCancellationHandler {
                try await future.get()
            } onCancel: {
                abort(.cancelled(stage, target: target))
            }
        } catch {
            throw SSHError(wrapping: error, stage, target: target)
        }
    }

    /// Writes; returns when libssh2 has taken all of it, so a slow reader on the other side slows the caller down.
    func write(_ bytes: ByteBuffer, at stage: SSHError.Stage) async throws(SSHError) {
        if Task.isCancelled {
            let error = SSHError.cancelled(stage, target: target)
            abort(error)
            throw error
        }
        let promise = eventLoop.makePromise(of: Void.self)
        write(bytes, promise: promise)
        try await value(of: promise.futureResult, at: stage)
    }

    /// Writes; the promise is kept when libssh2 has taken all of it.
    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>) {
        perform { $0.write(bytes, promise: promise) }
    }

    /// Writes without waiting.
    func enqueue(_ bytes: ByteBuffer) {
        perform { $0.request.channel?.write(bytes, promise: nil) }
    }

    /// Sends EOF after everything that was written.
    func finishWriting() {
        perform { $0.request.channel?.finishWriting() }
    }

    /// Ends the channel; whoever waits for it gets the error.
    func abort(_ error: SSHError) {
        perform { $0.request.fail(error) }
    }

    /// Waits until everything that was asked before has been done on the loop.
    func settle() async {
        // A loop that is shut down has nothing left to do.
        _ = try? await eventLoop.submit {}.get()
    }

    /// Ends the channel after the limit, unless it is over by then or the limit is set anew.
    func limit(_ limit: Duration, _ stage: SSHError.Stage) {
        perform { session in
            let timer = session.handler.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
                session.handler.abort(session.request, .timedOut(stage, after: limit, target: session.handler.target))
            }
            session.request.setTimer(timer)
        }
    }

    /// Does something on the loop of the session, which has a turn afterwards.
    func perform(_ body: @escaping @Sendable (Session) -> Void) {
        let session = session
        eventLoop.execute {
            body(session.value)
            session.value.handler.turn()
        }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// Waits for the value; cancelling the task ends the wait with a `CancellationError`, and nothing else.
    func cancellableValue() async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        // Whichever comes first counts; a promise ignores what comes later.
        cascade(to: promise)
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }
}

extension SSHError {
    /// Keeps an error of ours and puts any other into words.
    init(wrapping error: any Error, _ stage: Stage, target: SSHTarget) {
        if let error = error as? SSHError {
            self = error
        } else if error is CancellationError {
            self = .cancelled(stage, target: target)
        } else {
            self = .lost(stage, .system(String(describing: error)), target: target)
        }
    }
}
