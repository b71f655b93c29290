internal import NIOConcurrencyHelpers
public import NIOCore

/// One stream of a relay, with back-pressure both ways: at most `RelayFrame.window` bytes wait on either side.
public final class RelayStream: Sendable {
    private struct State {
        var isOpened: Bool
        var isOver = false
        var failure: RelayFault?
        /// How many bytes the other side will still take.
        var credit = RelayFrame.window
        /// How many bytes were received and not read.
        var unread = 0
        /// How many bytes were read and not granted anew.
        var ungranted = 0
    }

    /// Grants are collected: one for each byte would double the traffic.
    private static let grantStep = 64 * 1024

    /// Its number.
    public let id: UInt32
    private let send: @Sendable (RelayFrame) -> Void
    private let state: NIOLockedValueBox<State>
    private let inbox: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    // One reader at a time, as the interface says; nobody else touches it.
    private nonisolated(unsafe) var inbound: AsyncThrowingStream<ByteBuffer, any Error>.AsyncIterator
    /// Something changed for whoever waits: it was opened, there is credit, it is over.
    private let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(id: UInt32, isOpened: Bool, send: @escaping @Sendable (RelayFrame) -> Void) {
        self.id = id
        self.send = send
        state = NIOLockedValueBox(State(isOpened: isOpened))
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        inbox = continuation
        inbound = stream.makeAsyncIterator()
    }

    // MARK: For whoever uses it

    /// Waits until the connection at the other end stands. Cancelling ends the wait.
    /// - Throws: `RelayFault` with the other side's words when it cannot be made.
    public func awaitOpening() async throws {
        _ = try await wait { $0.isOpened ? 1 : 0 }
    }

    /// The next bytes; nil at the end. One reader at a time.
    public func read() async throws -> ByteBuffer? {
        guard let bytes = try await inbound.next(isolation: nil) else { return nil }
        let grant = state.withLockedValue { state -> Int in
            state.unread -= bytes.readableBytes
            state.ungranted += bytes.readableBytes
            guard state.ungranted >= Self.grantStep, !state.isOver else { return 0 }
            defer { state.ungranted = 0 }
            return state.ungranted
        }
        if grant > 0 { send(RelayFrame(stream: id, .window(grant))) }
        return bytes
    }

    /// Writes bytes, in chunks; returns when the other side has room for them.
    public func write(_ bytes: ByteBuffer) async throws {
        var rest = bytes
        while rest.readableBytes > 0 {
            let wanted = min(rest.readableBytes, RelayFrame.mostBytes)
            let count = try await wait { state in
                let count = state.isOpened ? min(wanted, state.credit) : 0
                state.credit -= count
                return count
            }
            guard let piece = rest.readSlice(length: count) else { return }
            send(RelayFrame(stream: id, .data(piece)))
        }
    }

    /// Ends both directions. What was received before can still be read.
    public func close(reason: String = "") {
        guard end(nil) else { return }
        send(RelayFrame(stream: id, .close(reason: reason)))
    }

    /// The connection at this end stands: the other side may send.
    public func confirmOpening() {
        state.withLockedValue { $0.isOpened = true }
        send(RelayFrame(stream: id, .opened))
        changed.yield()
    }

    /// Waits until a look at the state gives a number that is not zero.
    private func wait(_ look: (inout State) -> Int) async throws -> Int {
        while true {
            let (count, isOver, failure) = state.withLockedValue { state in
                (state.isOver ? 0 : look(&state), state.isOver, state.failure)
            }
            if let failure { throw failure }
            if isOver { throw RelayFault("the stream is over") }
            if count > 0 { return count }
            var iterator = changes.makeAsyncIterator()
            if await iterator.next(isolation: nil) == nil, state.withLockedValue({ !$0.isOver }) {
                // A cancelled wait ends the sequence of changes for good: half a message must not be followed by more.
                close(reason: "a wait was cancelled")
                throw CancellationError()
            }
        }
    }

    // MARK: For the multiplexer

    func receive(_ bytes: ByteBuffer) {
        let isTooMuch = state.withLockedValue { state in
            state.unread += bytes.readableBytes
            return state.unread > RelayFrame.window + Self.grantStep
        }
        if isTooMuch {
            close(reason: "more bytes than were granted")
        } else {
            inbox.yield(bytes)
        }
    }

    func wasOpened() {
        state.withLockedValue { $0.isOpened = true }
        changed.yield()
    }

    func grant(_ bytes: Int) {
        state.withLockedValue { $0.credit = min($0.credit + bytes, RelayFrame.window) }
        changed.yield()
    }

    func wasClosed(reason: String) { end(reason.isEmpty ? nil : RelayFault(reason)) }

    /// True when it was not over before.
    @discardableResult
    func end(_ failure: RelayFault?) -> Bool {
        let isFirst = state.withLockedValue { state in
            defer {
                state.failure = state.failure ?? (state.isOver ? nil : failure)
                state.isOver = true
            }
            return !state.isOver
        }
        inbox.finish(throwing: failure)
        changed.finish()
        return isFirst
    }
}
