import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An exclusive lock on a file, which the kernel releases when its holder ends, however it ends.
///
/// The file stays: removing a lock file lets two processes hold "the" lock.
public final class FileLock: Sendable {
    /// The file.
    public let path: String
    private let descriptor: Locked<Int32?>

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = Locked(descriptor)
    }

    deinit { release() }

    /// Takes the lock; nil when another process, or another lock of this one, holds it.
    ///
    /// Makes the file with mode 0600 where there is none; a link is refused.
    public static func acquire(_ path: String) throws(SystemCallError) -> FileLock? {
        let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw SystemCallError(call: "flock", subject: path, code: code)
        }
        return FileLock(path: path, descriptor: descriptor)
    }

    /// Takes the lock as soon as it is free, but waits at most so long; nil when it was not free in time.
    public static func acquire(_ path: String, within limit: Duration) async throws(SystemCallError) -> FileLock? {
        var result: Result<FileLock?, SystemCallError> = .success(nil)
        _ = await Waiting.until(within: limit, every: .milliseconds(50)) {
            do throws(SystemCallError) {
                let lock = try acquire(path)
                result = .success(lock)
                return lock != nil
            } catch {
                result = .failure(error)
                return true
            }
        }
        return try result.get()
    }

    /// Writes a text into the file, for people who wonder who holds the lock.
    public func note(_ text: String) throws(SystemCallError) {
        try descriptor.withLock { descriptor throws(SystemCallError) in
            guard let descriptor else { return }
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
                throw SystemCallError(call: "ftruncate", subject: path)
            }
            try Descriptor.writeAll(descriptor, text.utf8, path: path)
        }
    }

    /// Gives the lock back; more than once is harmless.
    public func release() {
        descriptor.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }
}
