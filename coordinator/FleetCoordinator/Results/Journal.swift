import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The append-only file of a run's events: one JSON object a line, results synced before they are acknowledged.
///
/// Lines are appended whole; the run's one driver is the only writer.
final class Journal: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Creates the journal of a new run; an existing file is an error.
    convenience init(path: String) throws(OutputError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OutputError(path: path, action: "create the journal", code: errno) }
        self.init(descriptor: descriptor, path: path)
    }

    /// Opens the journal of an earlier run; what follows its last whole record is cut off first, and synced.
    ///
    /// - Parameter length: how many bytes the whole records have.
    convenience init(continuing path: String, length: Int) throws(OutputError) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw OutputError(path: path, action: "open the journal", code: errno) }
        self.init(descriptor: descriptor, path: path)
        guard ftruncate(descriptor, off_t(length)) == 0, fsync(descriptor) == 0 else {
            throw OutputError(path: path, action: "cut the torn end off the journal", code: errno)
        }
    }

    /// Appends to an open file, which belongs to the journal from now on.
    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Appends lines and, when asked, waits until they are on the disk.
    func append(_ lines: [UInt8], synced: Bool) throws(OutputError) {
        var written = 0
        while written < lines.count {
            let count = lines[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw OutputError(path: path, action: "append to the journal", code: errno) }
            written += count
        }
        if synced { try sync() }
    }

    /// Waits until everything that was appended is on the disk.
    func sync() throws(OutputError) {
        guard fsync(descriptor) == 0 else { throw OutputError(path: path, action: "sync the journal", code: errno) }
    }

    /// The line of an entry, with its line feed.
    static func line(_ entry: JournalEntry) throws -> [UInt8] { try JournalLine.encode(entry) }

    /// The entries of a journal; a torn end is dropped, because what it said was never acted upon.
    ///
    /// - Throws: `InputErrors` with every record that is damaged before it.
    static func read(_ path: String) throws(InputErrors) -> [JournalEntry] {
        try JournalContent.read(path).whole().entries
    }
}

/// Output that could not be written: what, where and why.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where.
    public var path: String
    /// What was tried.
    public var action: String
    /// What went wrong, in words.
    public var reason: String

    /// Describes a failed system call.
    init(path: String, action: String, code: Int32) {
        self.init(path: path, action: action, reason: SystemCallError.text(of: code))
    }

    /// Describes a failure in words.
    init(path: String, action: String, reason: String) {
        self.path = path
        self.action = action
        self.reason = reason
    }

    /// What was tried, where, and what happened.
    public var description: String { "cannot \(action) at \(path): \(reason)" }
}
