import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps the files that an attempt left, within bounds; nothing of the attempt runs any more.
struct ArtifactCollector {
    /// How much may be kept of one attempt.
    struct Limits: Hashable, Sendable {
        var file = 16 << 20
        var attempt = 64 << 20
        var count = 256
        /// How many entries of the directory are looked at.
        var entries = 100_000
    }

    /// What was kept, and what was not and why.
    struct Collection: Hashable {
        var artifacts: [Artifact] = []
        var leftOut: [String] = []

        /// One sentence about what is missing; nil when nothing is.
        var message: String? {
            guard !leftOut.isEmpty else { return nil }
            let more = leftOut.count > 10 ? ", and \(leftOut.count - 10) more" : ""
            return "artifacts left out: \(leftOut.prefix(10).joined(separator: ", "))\(more)"
        }
    }

    let patterns: [PathPattern]
    var limits = Limits()

    /// Moves the files below `source` that match to the same paths below `target`.
    func collect(from source: String, to target: String) throws -> Collection {
        var collection = Collection()
        guard !patterns.isEmpty else { return collection }
        var seen = 0
        // A test may have put a link in the place of its own directory; what that leads to is not the test's.
        guard try DirectoryCopy.status(of: source).st_mode & S_IFMT == S_IFDIR else {
            return Collection(leftOut: ["all (the working directory was replaced by something else)"])
        }
        for (path, size) in plainFiles(below: source, at: "", seen: &seen, &collection) {
            guard patterns.contains(where: { $0.matches(path) }) else { continue }
            guard RelativePath.isSafe(path) else {
                collection.leftOut.append("a file whose name cannot be a path of the protocol")
                continue
            }
            let kept = collection.artifacts.reduce(0) { $0 + $1.size }
            if size > limits.file {
                collection.leftOut.append("\(path) (\(Self.size(size)), limit \(Self.size(limits.file)))")
            } else if kept + size > limits.attempt {
                collection.leftOut.append("\(path) (over \(Self.size(limits.attempt)) in all)")
            } else if collection.artifacts.count == limits.count {
                collection.leftOut.append("\(path) (over \(limits.count) files)")
            } else {
                do {
                    collection.artifacts.append(try keep(path, from: source, to: target))
                } catch {
                    collection.leftOut.append("\(path) (\(error))")
                }
            }
        }
        return collection
    }

    private func keep(_ path: String, from source: String, to target: String) throws -> Artifact {
        let place = "\(target)/\(path)"
        if let slash = place.lastIndex(of: "/") { try PrivateDirectory.ensure(String(place[..<slash])) }
        guard rename("\(source)/\(path)", place) == 0 else {
            throw SystemCallError(call: "rename", subject: path)
        }
        // The test may have taken every right away, and we have to read it.
        chmod(place, 0o600)
        let (digest, size) = try FileDigest.sha256(of: place)
        return Artifact(path: path, size: size, sha256: digest)
    }

    /// What cannot be looked at is told and passed over: one strange name must not cost all the others.
    private func plainFiles(
        below root: String, at directory: String, seen: inout Int, _ collection: inout Collection
    ) -> [(path: String, size: Int)] {
        var files: [(String, Int)] = []
        let names: [String]
        do {
            names = try DirectoryTree.names(in: directory.isEmpty ? root : "\(root)/\(directory)")
        } catch {
            collection.leftOut.append("\(directory.suffix(200))/ (\(SystemCallError.text(of: error.code)))")
            return []
        }
        for name in names {
            seen += 1
            guard seen <= limits.entries else {
                if seen == limits.entries + 1 { collection.leftOut.append("more than \(limits.entries) files") }
                return files
            }
            let path = directory.isEmpty ? name : "\(directory)/\(name)"
            guard let status = try? DirectoryCopy.status(of: "\(root)/\(path)") else {
                collection.leftOut.append("a file whose name is no UTF-8")
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: files += plainFiles(below: root, at: path, seen: &seen, &collection)
            case S_IFREG: files.append((path, Int(status.st_size)))
            default: break
            }
        }
        return files
    }

    private static func size(_ bytes: Int) -> String {
        bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes) bytes"
    }
}
