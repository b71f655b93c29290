#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The log of all runs of a user: lines with time and run, appended whole, so that runs side by side can share it.
final class LogFile: Sendable {
    /// Where the suite's users have always found it.
    static let standardPath = "/tmp/provisioning-test.log"

    private let descriptor: Int32
    private let run: String

    /// Opens or makes the file (mode 0600); a link, another user's file or anything else than a file is refused.
    init(path: String, run: String) throws(OutputError) {
        self.run = run
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw OutputError(path: path, action: "write the log", code: errno) }
        var information = stat()
        let isOurs = fstat(descriptor, &information) == 0 && information.st_uid == geteuid()
        guard isOurs, information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw OutputError(path: path, action: "write the log", reason: "it is not a file of this user")
        }
    }

    deinit { close(descriptor) }

    /// Appends the lines of a text. The log is a convenience: a full disk under it does not stop a run.
    func append(_ text: String) {
        let lines = text.split(separator: "\n").map { "\(WallClock.timestamp) \(run) \($0)\n" }.joined()
        _ = Array(lines.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
