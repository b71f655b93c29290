import FleetSystem
import PlatformService

/// Hands events to everybody who watches.
///
/// A watcher who is slower than the events loses the oldest: nobody's memory grows for him, and states can be asked for.
final class EventHub: Sendable {
    private struct State {
        var watchers: [Int: AsyncStream<PlatformEvent>.Continuation] = [:]
        var next = 0
        var isClosed = false
    }

    /// Events that are kept for a watcher.
    private static let room = 1024

    private let state = Locked(State())

    /// Tells everybody.
    func post(_ event: PlatformEvent) {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield(event) }
    }

    /// The events from now on; the stream ends with its reader, with `close`, or when the client has left whom it is for.
    func watch(for client: ServiceContext) async throws -> AsyncStream<PlatformEvent> {
        let (stream, continuation) = begin()
        try await client.whenClientLeaves { continuation.finish() }
        return stream
    }

    /// The events from now on; the stream ends with its reader, or with `close`.
    func watch() -> AsyncStream<PlatformEvent> { begin().stream }

    private func begin() -> (stream: AsyncStream<PlatformEvent>, AsyncStream<PlatformEvent>.Continuation) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PlatformEvent.self, bufferingPolicy: .bufferingNewest(Self.room))
        let number = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.watchers[state.next] = continuation
            return state.next
        }
        guard let number else {
            continuation.finish()
            return (stream, continuation)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.watchers[number] = nil }
        }
        return (stream, continuation)
    }

    /// Ends every stream: the server stops.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }
}
