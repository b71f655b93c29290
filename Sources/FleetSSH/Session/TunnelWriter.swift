internal import NIOConcurrencyHelpers
internal import NIOCore

/// What waits to leave through a tunnel: small writes that come in quick succession leave as one packet.
///
/// A write returns at once while little waits, and behind a reader that is slow when there is room again.
final class TunnelWriter: Sendable {
    private struct State {
        var waiting = ByteBuffer()
        /// Whether bytes are on their way to libssh2; those that wait follow them.
        var isLeaving = false
        /// Who waits for room.
        var blocked: [EventLoopPromise<Void>] = []
        var failure: SSHError?
    }

    private enum Next {
        case refused(SSHError)
        case accepted(mustStart: Bool, room: EventLoopPromise<Void>?)
    }

    /// How many bytes may wait before who writes has to.
    private static let limit = 64 * 1024

    private let handle: ChannelHandle
    private let state = NIOLockedValueBox(State())

    init(_ handle: ChannelHandle) { self.handle = handle }

    /// Adds bytes to what leaves. Cancelling a write that waits closes the tunnel.
    func write(_ bytes: ByteBuffer) async throws(SSHError) {
        if Task.isCancelled {
            let error = SSHError.cancelled(.command, target: handle.target)
            handle.abort(error)
            throw error
        }
        let next = state.withLockedValue { state -> Next in
            if let failure = state.failure { return .refused(failure) }
            state.waiting.add(bytes)
            defer { state.isLeaving = true }
            guard state.waiting.readableBytes > Self.limit else {
                return .accepted(mustStart: !state.isLeaving, room: nil)
            }
            let room = handle.eventLoop.makePromise(of: Void.self)
            state.blocked.append(room)
            return .accepted(mustStart: !state.isLeaving, room: room)
        }
        switch next {
        case .refused(let error): throw error
        case .accepted(let mustStart, let room):
            // Not before the loop has its turn, so that what is written until then leaves as well.
            if mustStart { handle.perform { self.leave($0) } }
            if let room { try await handle.value(of: room.futureResult, at: .command) }
        }
    }

    /// Has everything leave, then the end of the stream.
    func finish() {
        handle.perform { session in
            self.leaveAtOnce(session)
            session.request.channel?.finishWriting()
        }
    }

    /// Has everything leave for which the other side has room, then ends the channel.
    func close() {
        let error = SSHError.closed(.command, target: handle.target)
        handle.perform { session in
            self.leaveAtOnce(session)
            session.handler.turn()
            session.request.fail(error)
        }
    }

    private func leaveAtOnce(_ session: ChannelHandle.Session) {
        let rest = take()
        if rest.readableBytes > 0 { session.request.channel?.write(rest, promise: nil) }
    }

    private func take() -> ByteBuffer {
        state.withLockedValue { state in
            defer { state.waiting = ByteBuffer() }
            return state.waiting
        }
    }

    private func leave(_ session: ChannelHandle.Session) {
        let promise = session.handler.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.left()
            case .failure(let error): self.broke(error)
            }
        }
        session.write(take(), promise: promise)
    }

    private func left() {
        let (goesOn, blocked) = state.withLockedValue { state in
            state.isLeaving = state.waiting.readableBytes > 0
            defer { state.blocked = [] }
            return (state.isLeaving, state.blocked)
        }
        if goesOn { handle.perform { self.leave($0) } }
        for promise in blocked { promise.succeed() }
    }

    private func broke(_ error: any Error) {
        let failure = SSHError(wrapping: error, .command, target: handle.target)
        let blocked = state.withLockedValue { state in
            state.failure = failure
            state.waiting = ByteBuffer()
            defer { state.blocked = [] }
            return state.blocked
        }
        for promise in blocked { promise.fail(failure) }
    }
}

extension ByteBuffer {
    /// Appends bytes; nothing is copied when there are none yet.
    fileprivate mutating func add(_ bytes: ByteBuffer) {
        if readableBytes == 0 { self = bytes } else { writeImmutableBuffer(bytes) }
    }
}
