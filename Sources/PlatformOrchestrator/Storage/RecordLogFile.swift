import FleetSystem
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file of a record log. One thread alone uses it, once it is open.
struct RecordLogFile {
    /// A smaller file is never rewritten.
    static let smallest = 4 << 20

    let path: String
    private var descriptor: Int32
    private var length: Int
    private var group: Int
    private var sizes: [String: Int]
    private var liveBytes: Int

    /// Opens the file, or makes it; returns what it holds. A torn end is cut off.
    static func load(_ path: String) throws -> (file: RecordLogFile, values: [String: [UInt8]]) {
        let descriptor = try opened(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        do {
            let content = try RecordLogContent(try AtomicFile.read(path, limit: .max), path: path)
            guard ftruncate(descriptor, off_t(content.length)) == 0, fsync(descriptor) == 0,
                lseek(descriptor, 0, SEEK_END) >= 0
            else { throw SystemCallError(call: "ftruncate", subject: path) }
            try AtomicFile.synchronizeDirectory(directory(of: path))
            let file = RecordLogFile(
                path: path, descriptor: descriptor, length: content.length, group: content.lastGroup,
                sizes: content.sizes, liveBytes: content.sizes.values.reduce(0, +))
            return (file, content.values)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Appends changes as one group and syncs them. After an error the file is as it was before.
    mutating func append(_ changes: [RecordLog.Change]) throws {
        let lines = changes.map { RecordLine(group: group + 1, key: $0.key, value: $0.value).bytes }
        do {
            try Descriptor.writeAll(descriptor, lines.joined(), path: path)
            try Self.synchronize(descriptor, path)
        } catch {
            // Half a group must not stand before the next one; if even that fails, the next start cuts it off.
            _ = ftruncate(descriptor, off_t(length))
            _ = lseek(descriptor, off_t(length), SEEK_SET)
            throw error
        }
        group += 1
        for (change, line) in zip(changes, lines) {
            length += line.count
            liveBytes -= sizes[change.key] ?? 0
            sizes[change.key] = change.value == nil ? nil : line.count
            if change.value != nil { liveBytes += line.count }
        }
    }

    /// True when most of the file is of the past.
    var isWasteful: Bool { length > Self.smallest && length > 2 * liveBytes }

    /// Writes what counts into a new file and puts it in place of this one. After an error this one is still in use.
    mutating func compact() throws {
        let content = try RecordLogContent(try AtomicFile.read(path, limit: .max), path: path)
        let new = "\(path).new"
        var bytes: [UInt8] = []
        var group = group
        // A group for each, so that damage in the middle is not taken for a torn end.
        for (key, value) in content.values.sorted(by: { $0.key < $1.key }) {
            group += 1
            bytes += RecordLine(group: group, key: key, value: value).bytes
        }
        let descriptor = try Self.opened(new, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW)
        do {
            try Descriptor.writeAll(descriptor, bytes, path: new)
            try Self.synchronize(descriptor, new)
            guard rename(new, path) == 0 else { throw SystemCallError(call: "rename", subject: new) }
        } catch {
            close(descriptor)
            throw error
        }
        close(self.descriptor)
        self.descriptor = descriptor
        self.group = group
        length = bytes.count
        liveBytes = bytes.count
        try AtomicFile.synchronizeDirectory(Self.directory(of: path))
    }

    /// Gives the descriptor back.
    func end() { close(descriptor) }
}

extension RecordLogFile {
    private static func opened(_ path: String, _ flags: Int32) throws(SystemCallError) -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
        return descriptor
    }

    private static func synchronize(_ descriptor: Int32, _ path: String) throws(SystemCallError) {
        #if canImport(Glibc)
            let result = fdatasync(descriptor)
        #else
            let result = fsync(descriptor)
        #endif
        guard result == 0 else { throw SystemCallError(call: "fsync", subject: path) }
    }

    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
