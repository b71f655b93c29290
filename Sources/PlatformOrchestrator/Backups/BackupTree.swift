import FleetSystem
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
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
            var status = stat()
            guard lstat(place, &status) == 0 else { throw SystemCallError(call: "lstat", subject: place) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                entries.append(.init(path: path, kind: .directory))
                try visit(root, "\(path)/", &entries)
            case S_IFLNK:
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: place)
                entries.append(.init(path: path, kind: .link, target: target))
            case S_IFREG:
                let content = try AtomicFile.read(place, limit: .max)
                entries.append(
                    .init(
                        path: path, kind: .file, size: content.count, sha256: Digest(of: content).description,
                        mode: Int(status.st_mode & 0o777)))
            default: throw PlatformError(.failed, "\(path) is no file, directory or link, and cannot be kept")
            }
        }
    }
}
