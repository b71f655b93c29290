import FleetSystem
import Hummingbird
import NIOCore
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Takes archives from callers, looks at them, and puts them into a source.
actor Publisher {
    private let directory: String
    private(set) var published = 0
    private(set) var downloads = 0

    /// A publisher that keeps what comes in that directory until it is published. What an earlier process left is thrown away.
    init(directory: String) throws {
        self.directory = directory
        _ = DirectoryTree.remove(directory)
        try PrivateDirectory.ensure(directory)
    }

    /// Counts an archive that was handed out.
    func noteDownload() { downloads += 1 }

    /// Publishes the archive that a body is. Throws `.invalid` with all its faults, and `.conflict` when its version is there already.
    func publish(_ body: RequestBody, to source: any PublishingSource) async throws -> ExtensionRecord {
        let file = "\(directory)/\(UUID().uuidString)"
        defer { _ = DirectoryTree.remove(file) }
        try await FileReceiver.receive(body, to: file)
        let archive = try await ExtensionArchive.inspect(file)
        guard archive.faults.isEmpty, let manifest = archive.manifest else {
            throw PlatformError(.invalid, "the archive is not published: \(archive.faults.joined(separator: "; "))")
        }
        let record = try await source.publish(file, as: manifest)
        published += 1
        return record
    }
}
