import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A moment in the logs of an environment: what comes later belongs to who took the mark.
public struct LogMark: Sendable, Hashable {
    // The sizes of the log files by service, in bytes.
    let sizes: [String: Int]
}

/// Reads windows of log files.
enum LogWindow {
    /// How much of a window is kept, in bytes: its head and its tail.
    static let headLimit = 8 << 10
    static let tailLimit = 24 << 10

    static func size(of path: String) -> Int {
        guard let facts = try? FileFacts(of: path), facts.kind == .file else { return 0 }
        return facts.size
    }

    /// What a file has from an offset on, bounded.
    static func text(of path: String, from offset: Int) -> BoundedText {
        // A test may have put a link or a pipe in the log's place: neither is followed, nor waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return BoundedText() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return BoundedText() }
        let end = Int(status.st_size)
        guard end > offset else { return BoundedText() }
        if end - offset <= headLimit + tailLimit {
            return BoundedText(head: read(descriptor, from: offset, to: end))
        }
        return BoundedText(
            head: read(descriptor, from: offset, to: offset + headLimit),
            tail: read(descriptor, from: end - tailLimit, to: end), cutBytes: end - offset - headLimit - tailLimit)
    }

    /// The last lines of a file, or of what it has from an offset on.
    static func lastLines(of path: String, from start: Int = 0, count: Int = 20) -> [String] {
        let text = text(of: path, from: max(start, size(of: path) - tailLimit)).text
        return text.split(separator: "\n").suffix(count).map { String($0.prefix(500)) }
    }

    private static func read(_ descriptor: Int32, from start: Int, to end: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: end - start)
        let count = pread(descriptor, &bytes, bytes.count, off_t(start))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
