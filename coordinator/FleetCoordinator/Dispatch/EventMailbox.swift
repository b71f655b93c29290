import FleetModel
import NIOConcurrencyHelpers

/// The events of a run on their way to its one driver, in order; a host that is faster than the driver has to wait.
///
/// Without that an agent that sends without pause would fill our memory, and one slow disk would do the same.
final class EventMailbox: Sendable {
    /// How many events of one host may wait to be handled.
    static let window = 32

    private struct Entry {
        var event: RunEvent
        var host: HostID?
        /// Who waits until the event has been handled.
        var handled: CheckedContinuation<Void, Never>?
    }

    private struct State {
        var entries: [Entry] = []
        /// How many events of each host have not been handled.
        var counts: [HostID: Int] = [:]
        /// Those who wait for room.
        var blocked: [HostID: [CheckedContinuation<Void, Never>]] = [:]
        var reader: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

    /// Adds an event of our own making.
    func post(_ event: RunEvent) { add(Entry(event: event)) }

    /// Adds an event of a host once there is room for it.
    func deliver(_ event: RunEvent, of host: HostID) async {
        while true {
            let hasRoom = state.withLockedValue { $0.isClosed || $0.counts[host, default: 0] < Self.window }
            if hasRoom { return add(Entry(event: event, host: host)) }
            await withCheckedContinuation { continuation in
                let isFree = state.withLockedValue { state in
                    if state.isClosed || state.counts[host, default: 0] < Self.window { return true }
                    state.blocked[host, default: []].append(continuation)
                    return false
                }
                if isFree { continuation.resume() }
            }
        }
    }

    /// Adds an event of a host and waits until it has been handled: what it says is in the journal then.
    func settle(_ event: RunEvent, of host: HostID) async {
        await withCheckedContinuation { add(Entry(event: event, host: host, handled: $0)) }
    }

    private func add(_ entry: Entry) {
        let (reader, isClosed) = state.withLockedValue { state in
            guard !state.isClosed else { return (state.reader, true) }
            state.entries.append(entry)
            if let host = entry.host { state.counts[host, default: 0] += 1 }
            defer { state.reader = nil }
            return (state.reader, false)
        }
        if isClosed { entry.handled?.resume() }
        reader?.resume()
    }

    /// Hands all events that wait to a handler, again and again, until it returns a value or the mailbox is closed.
    func drain<Value>(_ handle: ([RunEvent]) async throws -> Value?) async throws -> Value? {
        while true {
            let batch = state.withLockedValue { state in
                defer { state.entries = [] }
                return state.entries
            }
            if batch.isEmpty {
                guard await waitForMore() else { return nil }
                continue
            }
            defer { release(batch) }
            if let value = try await handle(batch.map(\.event)) { return value }
        }
    }

    /// - Returns: false when nothing will come any more.
    private func waitForMore() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if state.isClosed || !state.entries.isEmpty { return true }
                    state.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            close()
        }
        return state.withLockedValue { !$0.isClosed }
    }

    private func release(_ batch: [Entry]) {
        let waiting = state.withLockedValue { state in
            for host in batch.compactMap(\.host) { state.counts[host, default: 1] -= 1 }
            let free = state.blocked.filter { state.counts[$0.key, default: 0] < Self.window }
            for host in free.keys { state.blocked[host] = nil }
            return free.values.flatMap { $0 }
        }
        for entry in batch { entry.handled?.resume() }
        for continuation in waiting { continuation.resume() }
    }

    /// Takes no more events; nobody waits any more.
    func close() {
        let (waiting, dropped) = state.withLockedValue { state in
            state.isClosed = true
            defer {
                state.blocked = [:]
                state.reader = nil
                state.entries = []
            }
            return (state.blocked.values.flatMap { $0 } + [state.reader].compactMap { $0 }, state.entries)
        }
        for entry in dropped { entry.handled?.resume() }
        for continuation in waiting { continuation.resume() }
    }
}
