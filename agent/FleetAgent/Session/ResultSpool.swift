import FleetSystem
import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The results that the coordinator has not acknowledged, as lines of one file.
///
/// The file is not synced: it serves the one agent that wrote it. When that agent has died, or its host has, the
/// coordinator gives the work to others.
final class ResultSpool: Sendable {
    /// What went wrong with the file.
    struct Failure: Error, CustomStringConvertible {
        var path: String
        var action: String
        var code: Int32
        var description: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }
    }

    /// Where a line is kept; in memory only while the disk takes no more.
    private enum Entry {
        case disk(offset: Int, length: Int)
        case memory(ByteBuffer)
    }

    private struct State {
        var descriptor: Int32
        var end = 0
        var first = 1
        var entries: [Entry] = []

        var last: Int { first + entries.count - 1 }
    }

    private let path: String
    private let state: Locked<State>

    /// Opens an empty spool; an older one of that name is emptied.
    init(path: String) throws(Failure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(path: path, action: "open", code: errno) }
        self.path = path
        self.state = Locked(State(descriptor: descriptor))
    }

    deinit { state.withLock { _ = close($0.descriptor) } }

    /// The number of the last result that was kept.
    var last: Int { state.withLock(\.last) }

    /// Keeps a line; when this returns it is in the file.
    ///
    /// - Parameter sequence: the number of the result, one more than the last.
    /// - Throws: `Failure` when the disk does not take it; the line is kept in memory then.
    func append(_ line: ByteBuffer, sequence: Int) throws(Failure) {
        let code = state.withLock { state -> Int32 in
            guard sequence == state.last + 1 else { return EINVAL }
            let code = Self.write(line, to: state.descriptor, at: state.end)
            guard code == 0 else {
                state.entries.append(.memory(line))
                return code
            }
            state.entries.append(.disk(offset: state.end, length: line.readableBytes))
            state.end += line.readableBytes
            return 0
        }
        guard code == 0 else { throw Failure(path: path, action: "append result \(sequence) to", code: code) }
    }

    /// The line of a result; nil when it was forgotten or never kept.
    func line(_ sequence: Int) throws(Failure) -> ByteBuffer? {
        let (found, code) = state.withLock { state -> (ByteBuffer?, Int32) in
            guard sequence >= state.first, sequence <= state.last else { return (nil, 0) }
            switch state.entries[sequence - state.first] {
            case .memory(let line): return (line, 0)
            case .disk(let offset, let length): return Self.read(length, at: offset, of: state.descriptor)
            }
        }
        guard code == 0 else { throw Failure(path: path, action: "read", code: code) }
        return found
    }

    /// Forgets the results up to a number; the file shrinks to nothing whenever all are forgotten.
    func trim(through sequence: Int) {
        state.withLock { state in
            let count = min(sequence - state.first + 1, state.entries.count)
            guard count > 0 else { return }
            state.entries.removeFirst(count)
            state.first += count
            if state.entries.isEmpty, ftruncate(state.descriptor, 0) == 0 { state.end = 0 }
        }
    }

    private static func write(_ line: ByteBuffer, to descriptor: Int32, at offset: Int) -> Int32 {
        line.withUnsafeReadableBytes { bytes -> Int32 in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : ENOSPC }
                done += count
            }
            return 0
        }
    }

    private static func read(_ length: Int, at offset: Int, of descriptor: Int32) -> (ByteBuffer?, Int32) {
        var buffer = ByteBuffer()
        var code: Int32 = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes in
            var done = 0
            while done < length {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done..<length])
                let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    code = count < 0 ? errno : EIO
                    return done
                }
                done += count
            }
            return done
        }
        return code == 0 ? (buffer, 0) : (nil, code)
    }
}
