import FleetModel
import FleetProtocol
import NIOConcurrencyHelpers
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Brings the files that attempts left from the hosts into the run's directory, beside the control connection; the hosts
/// side by side.
///
/// Files are stored by their SHA-256, so that no name that an agent sends can lead anywhere.
final class ArtifactFetcher: Sendable {
    /// Brings one file here.
    typealias Source = @Sendable (HostID, Artifact, AttemptID) async throws -> [UInt8]

    private struct Queue: Sendable {
        var results: AsyncStream<Message.Result>
        var feed: AsyncStream<Message.Result>.Continuation
    }

    /// What has become of the files.
    private struct State {
        /// Those that were ordered and have neither come nor failed.
        var open: [HostID: [String]] = [:]
        /// Why others did not come.
        var failures: [HostID: [String]] = [:]
        /// How many bytes came from each host.
        var bytes: [HostID: Int] = [:]
        var lastProgress = ContinuousClock.now
    }

    /// The largest file that is fetched, in bytes.
    static let maximumSize = 64 << 20
    /// How many bytes are fetched of one host: as many as an agent keeps.
    static let maximumTotal = 2 << 30

    private let directory: String
    private let room: Int
    private let source: Source
    private let queues: [HostID: Queue]
    private let state = NIOLockedValueBox(State())

    convenience init(fleet: Fleet, directory: String) {
        self.init(hosts: Array(fleet.links.keys), directory: directory) { host, artifact, attempt in
            guard let link = fleet.links[host] else { throw LinkError(.permanent, "the host is not there") }
            return try await link.fetch(artifact, of: attempt, limit: .seconds(20))
        }
    }

    init(hosts: [HostID], directory: String, room: Int = ArtifactFetcher.maximumTotal, source: @escaping Source) {
        self.directory = directory
        self.room = room
        self.source = source
        queues = Dictionary(
            hosts.map { host in
                let (results, feed) = AsyncStream.makeStream(of: Message.Result.self)
                return (host, Queue(results: results, feed: feed))
            }
        ) { $1 }
    }

    /// The name under which an artifact is stored: its hash, and its ending for the browser's sake.
    static func name(of artifact: Artifact) -> String {
        let ending = artifact.path.split(separator: "/").last.flatMap { name in
            name.contains(".") ? name.split(separator: ".").last : nil
        }
        let isSafe = ending.map { $0.count <= 8 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }
        let hash = artifact.sha256.filter(\.isHexDigit)
        return isSafe == true ? "\(hash).\(ending ?? "")" : hash
    }

    /// Of the results of a resumed run those whose files did not come before, by host.
    func missing(_ results: [HostID: [Message.Result]]) -> [HostID: [Message.Result]] {
        results.mapValues { results in
            results.compactMap { result in
                var result = result
                result.result.artifacts.removeAll { artifact in
                    FileManager.default.fileExists(atPath: "\(directory)/\(Self.name(of: artifact))")
                }
                return result.result.artifacts.isEmpty ? nil : result
            }
        }
    }

    /// Orders the artifacts of a result.
    func fetch(_ result: Message.Result, from host: HostID) {
        let names = result.result.artifacts.map { Self.words($0, result) }
        state.withLockedValue { $0.open[host, default: []] += names }
        queues[host]?.feed.yield(result)
    }

    /// Fetches the files of each host one after another until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for (host, queue) in queues {
                group.addTask {
                    for await result in queue.results { await self.fetch(all: result, from: host) }
                }
            }
        }
    }

    /// Waits until everything ordered has come: no longer than it takes to lose patience with a file, and no longer than
    /// the limit.
    func finish(patience: Duration, limit: Duration) async {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            let (isOver, progress) = state.withLockedValue {
                ($0.open.values.allSatisfy(\.isEmpty), $0.lastProgress)
            }
            if isOver || ContinuousClock.now > progress + patience { return }
            // A cancelled wait is over at once; what did not come is told.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    /// What did not come and why, as notes on the hosts; to be asked at the end.
    var notes: [JournalEntry.HostChange] {
        let state = state.withLockedValue { $0 }
        return Set(state.open.keys).union(state.failures.keys).sorted { $0.name < $1.name }.flatMap { host in
            let late = (state.open[host] ?? []).map { "\($0): the run ended before it had come" }
            return ((state.failures[host] ?? []) + late).map { text in
                JournalEntry.HostChange(
                    host: host, state: .notice, epoch: Epoch(rawValue: 0), message: "artifact not fetched: \(text)")
            }
        }
    }

    private static func words(_ artifact: Artifact, _ result: Message.Result) -> String {
        "\(artifact.path) of \(result.test)"
    }

    private func fetch(all result: Message.Result, from host: HostID) async {
        for artifact in result.result.artifacts where !Task.isCancelled {
            let words = Self.words(artifact, result)
            var failure: String?
            do {
                try await store(artifact, of: result.attempt, from: host)
            } catch {
                failure = "\(words): \(error)"
            }
            state.withLockedValue { state in
                if let index = state.open[host]?.firstIndex(of: words) { state.open[host]?.remove(at: index) }
                if let failure { state.failures[host, default: []].append(failure) }
                state.lastProgress = .now
            }
        }
    }

    private func store(_ artifact: Artifact, of attempt: AttemptID, from host: HostID) async throws {
        // What it is said to have is claimed before it comes: one connection a host, one file at a time.
        guard artifact.size >= 0, state.withLockedValue({ $0.bytes[host] ?? 0 }) + artifact.size <= room else {
            throw LinkError(.permanent, "no more than \(room) bytes are fetched of one host")
        }
        try OutputFiles.prepareDirectory(directory)
        let bytes = try await source(host, artifact, attempt)
        guard FileDigest.sha256(bytes) == artifact.sha256 else {
            throw OutputError(path: artifact.path, action: "fetch", reason: "its SHA-256 is not what was said")
        }
        state.withLockedValue { $0.bytes[host, default: 0] += bytes.count }
        try OutputFiles.write(bytes, to: "\(directory)/\(Self.name(of: artifact))")
    }
}
