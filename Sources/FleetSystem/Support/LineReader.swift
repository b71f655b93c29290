import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a descriptor as lines, for programs that speak lines with each other over pipes.
///
/// For peers of our own: lines that nobody has asked for yet are kept in memory, however many.
public struct LineReader: Sendable {
    /// The lines without their line feed, until the other end is closed; what follows the last line feed is dropped.
    public let lines: AsyncStream<[UInt8]>

    /// Begins to read a descriptor, which from now on belongs to the reader.
    ///
    /// A line longer than the limit, in bytes, ends the stream: the peer is not what it should be.
    public init(_ descriptor: Int32, limit: Int = 1 << 20) {
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        lines = stream
        let pending = Locked<[UInt8]>([])
        fleet_set_nonblocking(descriptor)
        let number = PollThread.shared.watch(descriptor) {
            var chunk = [UInt8](repeating: 0, count: 16 << 10)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            guard count > 0 else { return false }
            return pending.withLock { pending in
                pending.append(contentsOf: chunk[..<count])
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(Array(pending[..<end]))
                    pending.removeSubrange(...end)
                }
                return pending.count <= limit
            }
        } onEnd: {
            close(descriptor)
            continuation.finish()
        }
        continuation.onTermination = { _ in PollThread.shared.cancel(number) }
    }
}

/// Writes lines to a descriptor.
public enum LineWriter {
    /// Writes one line and its line feed; blocks while a pipe is full, so only for short lines to a peer that reads.
    public static func write(_ line: some Sequence<UInt8>, to descriptor: Int32) throws(SystemCallError) {
        try Descriptor.writeAll(descriptor, Array(line) + [UInt8(ascii: "\n")], path: "a pipe")
    }
}
