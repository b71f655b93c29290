import FleetSystem
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads a tree for a manifest. Links are noted, never followed.
enum BackupTree {
    /// Everything below a directory, by path. Throws at what is no file, directory or link, and at what cannot be read.
    static func entries(of root: String) throws -> [BackupManifest.Entry] {
        var entries: [BackupManifest.Entry] = []
        try visit(root, "", &entries)
        return entries.sorted { $0.path < $1.path }
    }

    private static func visit(_ root: String, _ relative: String, _ entries: inout [BackupManifest.Entry]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(relative)") {
            let path = relative + name
            let place = "\(root)/\(path)"
            let facts = try FileFacts(of: place)
            switch facts.kind {
            case .directory:
                entries.append(.init(path: path, kind: .directory))
                try visit(root, "\(path)/", &entries)
            case .link:
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: place)
                entries.append(.init(path: path, kind: .link, target: target))
            case .file:
                let content = try AtomicFile.read(place, limit: .max)
                entries.append(
                    .init(
                        path: path, kind: .file, size: content.count, sha256: Digest(of: content).description,
                        mode: facts.permissions))
            case .other: throw PlatformError(.failed, "\(path) is no file, directory or link, and cannot be kept")
            }
        }
    }
}
