import Crypto
import FleetProtocol
import FleetSystem
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The packs of files that command tests bring along, each unpacked once for a session.
actor PackStore {
    /// Why a pack cannot be used.
    struct Failure: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    private let packs: String
    private let unpacked: String
    private var known: [String: Task<String, any Error>] = [:]

    /// - Parameters:
    ///   - packs: where the coordinator put `SHA.tar`.
    ///   - unpacked: where directories named by the digest are made.
    init(packs: String, unpacked: String) {
        self.packs = packs
        self.unpacked = unpacked
    }

    /// The directory that holds the files of a pack, which nobody may change.
    func directory(of sha256: String) async throws -> String {
        if let task = known[sha256] { return try await task.value }
        let task = Task { [packs, unpacked] in
            try await Self.unpack("\(packs)/\(sha256).tar", sha256: sha256, to: "\(unpacked)/\(sha256)")
        }
        known[sha256] = task
        do {
            return try await task.value
        } catch {
            // It may have been pushed too late; the next attempt looks again.
            known[sha256] = nil
            throw error
        }
    }

    private static func unpack(_ file: String, sha256: String, to directory: String) async throws -> String {
        let (found, _) = try await NIOThreadPool.singleton.runIfActive { try FileDigest.sha256(of: file) }
        guard found == sha256 else {
            throw Failure(description: "the pack \(file) is damaged: its SHA-256 is \(found)")
        }
        _ = DirectoryTree.remove(directory)
        try PrivateDirectory.ensure(directory)
        // GNU tar refuses members with `..`, makes absolute names relative and never writes through a link that it
        // has unpacked.
        let tar = try Spawner.spawn(
            ProcessSpecification(
                executable: "tar",
                arguments: [
                    "--extract", "--file", file, "--directory", directory, "--no-same-owner",
                    "--no-same-permissions", "--delay-directory-restore",
                ],
                environment: ["PATH": ProgramSearch.standardPath, "LANG": "C"], standardError: .pipe))
        let words = BoundedCapture(head: 2048, tail: 0)
        if let descriptor = tar.takeStandardError() { words.start(descriptor) }
        let status = await tar.exit(within: .seconds(120))
        if status == nil { tar.send(signal: SIGKILL) }
        _ = await words.finished(within: .seconds(2))
        guard status?.isSuccess == true else {
            _ = DirectoryTree.remove(directory)
            let text = words.output.headText.split(separator: "\n").first ?? "it took more than 120 s"
            throw Failure(description: "the pack \(file) cannot be unpacked: \(text)")
        }
        try DirectoryCopy.protect(directory)
        return directory
    }
}

/// The SHA-256 of files.
enum FileDigest {
    /// The digest, 64 hexadecimal digits, and the size of a plain file; a link is refused.
    static func sha256(of path: String) throws(SystemCallError) -> (digest: String, size: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
        defer { close(descriptor) }
        var hash = SHA256()
        var size = 0
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError(call: "read", subject: path) }
            if count == 0 { return (Hexadecimal.encode(hash.finalize()), size) }
            hash.update(data: buffer[..<count])
            size += count
        }
    }
}
