import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A value that lives in a file: each change is on the disk before anybody sees it, whole or not at all.
package final class StateFile<State: Codable & Sendable>: Sendable {
    private let path: String
    private let state: Locked<State>

    /// Reads the file, or begins with a value where there is none. Throws when the file cannot be read or is damaged.
    package init(_ path: String, initial: State) throws {
        self.path = path
        if FileManager.default.fileExists(atPath: path) {
            let bytes = try AtomicFile.read(path, limit: .max)
            do { state = Locked(try JSONDecoder().decode(State.self, from: Data(bytes))) } catch {
                throw Refusal(500, "\(path) is damaged: \(error)")
            }
        } else {
            state = Locked(initial)
        }
    }

    /// Reads from the value.
    package func read<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        try state.withLock { state in try body(state) }
    }

    /// Changes the value. What the closure throws, or a disk that refuses, leaves it as it was.
    package func update<Result>(_ body: (inout State) throws -> Result) throws -> Result {
        try state.withLock { state in
            var changed = state
            let result = try body(&changed)
            try AtomicFile.write(try JSONEncoder().encode(changed), to: path)
            state = changed
            return result
        }
    }
}
