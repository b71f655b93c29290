import FleetSystem
import PlatformExtensions

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A directory of a command's own, for as long as it runs.
struct ScratchDirectory {
    private let path: String

    /// Makes one below the directory for temporary files.
    init() throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        path = "\(parent)/provisioning-\(UUID().uuidString.lowercased())"
        try PrivateDirectory.ensure(path)
    }

    /// Removes it with all that is in it.
    func remove() { _ = DirectoryTree.remove(path) }

    /// The archive of an extension: the file itself, or a directory packed. Throws when there is neither.
    func archive(of source: String) async throws -> String {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isDirectory) else {
            throw CommandFailure(.invalid, "there is no file or directory \(source)")
        }
        guard isDirectory else { return source }
        try await LocalDirectory.pack(source, to: "\(path)/archive.tar.gz")
        return "\(path)/archive.tar.gz"
    }
}
