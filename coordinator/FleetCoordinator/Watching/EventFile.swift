import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file of `--events`: the journal's lines as they are written.
final class EventFile: Sendable {
    private let descriptor: Int32
    private let lock = NIOLock()

    /// Makes or empties the file.
    init(path: String) throws(OutputError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OutputError(path: path, action: "write events", code: errno) }
    }

    deinit { close(descriptor) }

    /// Appends a line. Events are a view; a full disk under them does not stop the run, the journal's does.
    func append(_ line: [UInt8]) {
        lock.withLock {
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
