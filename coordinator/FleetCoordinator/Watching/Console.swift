import FleetReports
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The two standard streams: results to output, progress and diagnostics to error.
public final class Console: Sendable {
    private let lock = NIOLock()
    private let log = NIOLockedValueBox<LogFile?>(nil)

    /// Speaks to the program's own streams.
    public init() {
        // Nobody reading what we print is no reason to end; a write to a closed pipe then fails instead.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Whether results go to a terminal that shows colour.
    var hasColour: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }

    /// Whether progress goes to a terminal that can be redrawn.
    var isTerminal: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) != "dumb" } == true
    }

    /// The width of the terminal in columns; 80 where nobody says.
    var columns: Int {
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Keeps what is printed from now on in a log, too; nil ends that.
    func keepLog(_ file: LogFile?) { log.withLockedValue { $0 = file } }

    /// Writes to the log alone.
    func note(_ text: String) { log.withLockedValue { $0 }?.append(text) }

    /// Prints a result.
    public func result(_ text: String) {
        note(text)
        write(text, to: STDOUT_FILENO)
    }

    /// Prints a line of progress.
    public func progress(_ text: String) {
        note(text)
        write(text, to: STDERR_FILENO)
    }

    /// Prints an error.
    public func error(_ text: String) {
        // An error may quote what a host said.
        let shown = PlainText.block(text)
        note(shown)
        write("coordinator: \(shown)", to: STDERR_FILENO)
    }

    /// Writes bytes as they are, to standard output.
    func raw(_ bytes: [UInt8]) { lock.withLock { Self.writeAll(bytes, to: STDOUT_FILENO) } }

    /// Writes text as it is, to standard error.
    func draw(_ text: String) { lock.withLock { Self.writeAll(Array(text.utf8), to: STDERR_FILENO) } }

    private func write(_ text: String, to descriptor: Int32) {
        lock.withLock { Self.writeAll(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: descriptor) }
    }

    /// A stream that nobody reads any more is no reason to stop a run.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                #else
                    Darwin.write(descriptor, $0.baseAddress, $0.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Somebody made the stream non-blocking; waiting in the kernel is better than asking again and again.
                var stream = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&stream, 1, 1000)
                continue
            }
            guard count > 0 else { return }
            written += count
        }
    }
}
