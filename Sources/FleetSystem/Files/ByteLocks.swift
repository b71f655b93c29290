import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Locks on single bytes of one file: each byte stands for a thing of which there are several. Linux only.
///
/// A lock belongs to the open file, not to a process: a child that is handed the descriptor holds it as well, and the
/// kernel gives it back when the last of them has ended, however they ended. The file stays and is always empty.
public final class ByteLocks: Sendable {
    /// The open file, to be handed to a child; it belongs to this value.
    public let descriptor: Int32
    private let path: String
    private let held = Locked<Set<Int>>([])

    /// Opens the file, and makes it with mode 0600 where there is none; a link is refused.
    public init(path: String) throws(SystemCallError) {
        self.path = path
        descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    }

    /// Takes over a file that our parent opened and handed to us.
    public init(inherited descriptor: Int32) throws(SystemCallError) {
        path = "descriptor \(descriptor)"
        guard fcntl(descriptor, F_GETFD) >= 0 else { throw SystemCallError(call: "fcntl", subject: path) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes what is free of the bytes from 0, the lowest first; returns how many we hold then.
    ///
    /// - Parameters:
    ///   - wanted: how many we want to hold in all.
    ///   - capacity: how many bytes there are.
    public func take(_ wanted: Int, of capacity: Int) throws(SystemCallError) -> Int {
        try held.withLock { held throws(SystemCallError) in
            for byte in 0..<max(0, capacity) where held.count < wanted && !held.contains(byte) {
                let result = fleet_lock_byte(descriptor, off_t(byte))
                guard result >= 0 else { throw SystemCallError(call: "fcntl(F_OFD_SETLK)", subject: path) }
                if result == 1 { held.insert(byte) }
            }
            return held.count
        }
    }

    /// Whether any of the bytes from 0 is free; what we hold is not.
    public func hasFree(of capacity: Int) -> Bool {
        let held = held.withLock { $0 }
        return (0..<max(0, capacity)).contains { !held.contains($0) && fleet_is_byte_taken(descriptor, off_t($0)) == 0 }
    }

    /// Gives all of them back, also for those who share the open file.
    public func releaseAll() {
        held.withLock { held in
            // A length of 0 reaches to the end; unlocking what we opened cannot fail.
            _ = fleet_unlock_bytes(descriptor, 0, 0)
            held = []
        }
    }
}
