import Dispatch
import FleetSystem
import PlatformService

/// Values by key that survive a kill and a power cut: an append-only file, written by a thread of its own.
///
/// Whatever comes while the disk is busy is written and synced together with one call (group commit), so that many
/// callers wait for one sync, and no event loop for any. When most of the file is of the past it is rewritten.
final class RecordLog: Sendable {
    /// A new value of a key, or its removal.
    struct Change: Sendable, Hashable {
        let key: String
        /// Nil: the key is removed.
        let value: [UInt8]?
    }

    /// How a write ended.
    typealias Outcome = Result<Void, PlatformError>

    private struct Entry {
        let changes: [Change]
        /// Tried again until the disk takes it.
        let isKept: Bool
        let done = OneShot<Outcome>()
    }

    private struct State {
        var entries: [Entry] = []
        var problem: String?
        var isClosing = false
    }

    private let state = Locked(State())
    private let ended = OneShot<Void>()
    /// Signalled for each entry; the writing thread alone waits for it, and for nothing else.
    private let signal = DispatchSemaphore(value: 0)

    /// Opens the log of that file; returns it with what it holds.
    static func open(_ path: String) throws -> (log: RecordLog, values: [String: [UInt8]]) {
        let (file, values) = try RecordLogFile.load(path)
        let log = RecordLog()
        DedicatedThread.start { log.run(file) }
        return (log, values)
    }

    /// Makes changes durable, all of them or none. Throws when the disk refuses.
    func write(_ changes: [Change]) async throws(PlatformError) {
        try await add(Entry(changes: changes, isKept: false)).value().get()
    }

    /// Makes changes durable however long that takes: what the disk refuses now is tried again. The order of calls is kept.
    func keep(_ changes: [Change]) -> OneShot<Outcome> { add(Entry(changes: changes, isKept: true)) }

    /// What the disk said when it refused the last write; nil when it took it.
    var problem: String? { state.withLock { $0.problem } }

    /// Returns when all is written, or after some time if the disk refuses. What comes afterwards is refused.
    func close() async {
        state.withLock { $0.isClosing = true }
        signal.signal()
        _ = await ended.value(within: .seconds(5))
    }

    private func add(_ entry: Entry) -> OneShot<Outcome> {
        let isTaken = state.withLock { state in
            if !state.isClosing { state.entries.append(entry) }
            return !state.isClosing
        }
        if isTaken {
            signal.signal()
        } else {
            entry.done.fulfil(.failure(PlatformError(.unavailable, "the orchestrator is stopping")))
        }
        return entry.done
    }
}

extension RecordLog {
    /// The writing thread: it blocks on the semaphore and on the disk, and ends with `close`.
    private func run(_ file: RecordLogFile) {
        var file = file
        var kept: [Entry] = []
        while true {
            // One second is the time between two tries to write what the disk refused.
            if kept.isEmpty { signal.wait() } else { _ = signal.wait(timeout: .now() + 1) }
            let (new, isClosing) = state.withLock { state in
                defer { state.entries = [] }
                return (state.entries, state.isClosing)
            }
            kept = write(kept + new, to: &file)
            guard !isClosing else { break }
        }
        file.end()
        ended.fulfil(())
    }

    /// Writes a group; returns what has to be tried again.
    private func write(_ entries: [Entry], to file: inout RecordLogFile) -> [Entry] {
        guard !entries.isEmpty else { return [] }
        do {
            try file.append(entries.flatMap(\.changes))
            state.withLock { $0.problem = nil }
            for entry in entries { entry.done.fulfil(.success(())) }
            rewrite(&file)
            return []
        } catch {
            let words = "\(file.path) cannot be written: \(error)"
            state.withLock { $0.problem = words }
            for entry in entries where !entry.isKept {
                entry.done.fulfil(.failure(PlatformError(.unavailable, words)))
            }
            return entries.filter(\.isKept)
        }
    }

    private func rewrite(_ file: inout RecordLogFile) {
        guard file.isWasteful else { return }
        do { try file.compact() } catch {
            state.withLock { $0.problem = "\(file.path) cannot be rewritten: \(error)" }
        }
    }
}
