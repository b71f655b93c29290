import FleetSystem
import PlatformExtensions
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Carries the faults of the settings out. Where the settings want none, nothing here does anything.
final class Faults: Sendable {
    private struct Counts {
        var tasks = 0
        var zoneChanges = 0
        var requests = 0
        var openRequests = 0
        var begunTasks = 0
    }

    let settings: FaultSettings
    private let counts = Locked(Counts())

    /// The faults of these settings.
    init(_ settings: FaultSettings) { self.settings = settings }

    /// Whether this submission is to be forgotten.
    func dropsTask() -> Bool { isTurn(\.tasks, settings.dropTasksEvery) }

    /// Whether this change of the zone is to be forgotten.
    func dropsZoneChange() -> Bool { isTurn(\.zoneChanges, settings.dropZoneChangesEvery) }

    /// Makes a task that begins as slow as it has to be.
    func wearOut() async throws {
        guard settings.wearSeconds > 0 else { return }
        let before = counts.withLock { counts in
            defer { counts.begunTasks += 1 }
            return counts.begunTasks
        }
        // The delay is the fault itself; a cancelled task ends it.
        try await Task.sleep(for: .seconds(Double(before) * settings.wearSeconds))
    }

    /// A request comes: makes it as slow as it has to be.
    func begin() async throws {
        let others = counts.withLock { counts in
            counts.openRequests += 1
            return counts.openRequests - 1
        }
        if settings.leakDescriptors { _ = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        var seconds = Double(others) * settings.contentionSeconds
        if isTurn(\.requests, settings.stallEvery) { seconds += settings.stallSeconds }
        // The delay is the fault itself; a closed connection ends it.
        if seconds > 0 { try await Task.sleep(for: .seconds(seconds)) }
    }

    /// A request has been answered.
    func end() { counts.withLock { $0.openRequests -= 1 } }

    private func isTurn(_ count: any WritableKeyPath<Counts, Int> & Sendable, _ every: Int) -> Bool {
        guard every > 0 else { return false }
        return counts.withLock { counts in
            counts[keyPath: count] += 1
            return counts[keyPath: count] % every == 0
        }
    }
}

/// A DNS writer that forgets.
struct FaultyDNSWriter: DNSWriter {
    let writer: any DNSWriter
    let faults: Faults

    func put(_ name: DNSName, _ entries: [DNSEntry], all: [DNSName: [DNSEntry]]) async throws {
        guard !faults.dropsZoneChange() else { return }
        let sent = faults.settings.lastRecordWins ? entries.suffix(1) : entries[...]
        try await writer.put(name, Array(sent), all: all)
    }
}

/// A source of extensions that shows the oldest versions only.
struct FaultySource: ExtensionSource {
    let source: any ExtensionSource
    let visible: Int

    var kind: SourceKind { source.kind }

    func checkHealth() async throws { try await source.checkHealth() }

    func versions(of id: ExtensionID) async throws -> [SemanticVersion] {
        Array(try await source.versions(of: id).sorted().prefix(visible))
    }

    func download(_ key: ExtensionKey, to path: String) async throws -> (digest: Digest, size: Int) {
        try await source.download(key, to: path)
    }
}
