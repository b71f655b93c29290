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
        if synced, fsync(descriptor) != 0 {
            throw OutputError(path: path, action: "sync the journal", code: errno)
        }
    }

    /// The line of an entry, with its line feed.
    static func line(_ entry: JournalEntry) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(entry)) + [UInt8(ascii: "\n")]
    }

    /// Reads a journal; a torn last line is dropped, because what it said was never acted upon.
    ///
    /// - Throws: `InputErrors` with the line that is broken.
    static func read(_ path: String) throws(InputErrors) -> [JournalEntry] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw InputErrors([InputError(file: path, message: "the journal cannot be read", advice: "name a run")])
        }
        var entries: [JournalEntry] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            do {
                entries.append(try JSONDecoder().decode(JournalEntry.self, from: Data(line)))
            } catch {
                // Every whole line ends with a line feed; behind the last one there is nothing, or a torn line.
                if index == lines.count - 1 { break }
                let error = InputError(
                    file: path, line: index + 1, message: "this line is no event of a run",
                    advice: "the journal was changed; its reports cannot be made again")
                throw InputErrors([error])
            }
        }
        return entries
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
