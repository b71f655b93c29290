import FleetModel
import FleetProtocol
import NIOConcurrencyHelpers
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Brings the files that attempts left from the hosts into the run's directory, beside the control connection.
///
/// Files are stored by their SHA-256, so that no name that an agent sends can lead anywhere.
final class ArtifactFetcher: Sendable {
    private struct Job: Sendable {
        var host: HostID
        var result: Message.Result
    }

    /// The largest file that is fetched, in bytes.
    static let maximumSize = 64 << 20

    private let fleet: Fleet
    private let directory: String
    private let notice: @Sendable (HostID, Message.Log) -> Void
    private let jobs: AsyncStream<Job>
    private let feed: AsyncStream<Job>.Continuation
    private let pending = NIOLockedValueBox(0)

    init(fleet: Fleet, directory: String, notice: @escaping @Sendable (HostID, Message.Log) -> Void) {
        self.fleet = fleet
        self.directory = directory
        self.notice = notice
        (jobs, feed) = AsyncStream.makeStream(of: Job.self)
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
        pending.withLockedValue { $0 += 1 }
        feed.yield(Job(host: host, result: result))
    }

    /// Fetches one result's files after another until the task is cancelled.
    func run() async {
        for await job in jobs {
            await fetch(job)
            pending.withLockedValue { $0 -= 1 }
        }
    }

    /// Waits until everything ordered has come, at most for the given time.
    func finish(limit: Duration) async {
        let end = ContinuousClock.now + limit
        while pending.withLockedValue({ $0 }) > 0, ContinuousClock.now < end {
            // A cancelled wait is over at once; the reports then name files that did not come.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    private func fetch(_ job: Job) async {
        guard let link = fleet.links[job.host] else { return }
        for artifact in job.result.result.artifacts where !Task.isCancelled {
            do {
                try OutputFiles.prepareDirectory(directory)
                let bytes = try await link.fetch(artifact, of: job.result.attempt, limit: .seconds(20))
                guard FileDigest.sha256(bytes) == artifact.sha256 else {
                    throw OutputError(path: artifact.path, action: "fetch", reason: "its SHA-256 is not what was said")
                }
                try OutputFiles.write(bytes, to: "\(directory)/\(Self.name(of: artifact))")
            } catch {
                let text = "\(artifact.path) of \(job.result.test) was not fetched: \(error)"
                notice(job.host, .init(level: .warning, message: text))
            }
        }
    }
}
