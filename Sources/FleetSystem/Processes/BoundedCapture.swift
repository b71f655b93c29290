import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a capture kept: the beginning, the end, and how much was dropped between them.
public struct CapturedOutput: Hashable, Sendable {
    /// The first bytes.
    public var head: [UInt8]
    /// The last bytes; empty when nothing had to be dropped.
    public var tail: [UInt8]
    /// How many bytes were dropped between head and tail.
    public var cutBytes: Int

    /// Wraps what was kept elsewhere.
    public init(head: [UInt8] = [], tail: [UInt8] = [], cutBytes: Int = 0) {
        self.head = head
        self.tail = tail
        self.cutBytes = cutBytes
    }

    /// The first bytes as text; bytes that are not UTF-8 are replaced.
    public var headText: String { String(decoding: head, as: UTF8.self) }

    /// The last bytes as text; bytes that are not UTF-8 are replaced.
    public var tailText: String { String(decoding: tail, as: UTF8.self) }
}

/// Keeps the head and the tail of bytes that come in pieces, in bounded memory.
public struct BoundedBuffer: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    // A ring: `next` is where the oldest byte is as soon as it is full.
    private var ring: [UInt8] = []
    private var next = 0
    private var total = 0

    /// Makes an empty one with limits in bytes.
    public init(head: Int, tail: Int) {
        headLimit = max(0, head)
        tailLimit = max(0, tail)
    }

    /// Takes a piece in.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        total += bytes.count
        var rest = bytes[...]
        let room = min(headLimit - head.count, rest.count)
        if room > 0 {
            head.append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
        rest = rest.suffix(tailLimit)
        if ring.count < tailLimit {
            let growing = rest.prefix(tailLimit - ring.count)
            ring.append(contentsOf: growing)
            rest = rest.dropFirst(growing.count)
        }
        while !rest.isEmpty {
            // In blocks, because byte by byte a flood would hold its program up.
            let block = rest.prefix(tailLimit - next)
            ring.withUnsafeMutableBytes { ring in
                UnsafeMutableRawBufferPointer(rebasing: ring[next..<(next + block.count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: block))
            }
            next = (next + block.count) % tailLimit
            rest = rest.dropFirst(block.count)
        }
    }

    /// What is kept; a tail that follows the head without a gap is joined to it.
    public var output: CapturedOutput {
        let tail = Array(ring[next...] + ring[..<next])
        let cut = total - head.count - tail.count
        return cut == 0
            ? CapturedOutput(head: head + tail) : CapturedOutput(head: head, tail: tail, cutBytes: cut)
    }
}

/// Reads a pipe to its end in the background and keeps the head and the tail of it.
///
/// It reads as fast as the child writes, so that the child never waits for us, and uses bounded memory.
public final class BoundedCapture: Sendable {
    private let buffer: Locked<BoundedBuffer>
    private let finish = OneShot<Void>()
    private let watch = Locked<Int?>(nil)
    private static let chunk = 64 << 10

    /// Makes a capture with limits in bytes.
    public init(head: Int = 64 << 10, tail: Int = 64 << 10) {
        buffer = Locked(BoundedBuffer(head: head, tail: tail))
    }

    /// Begins to read a descriptor, which from now on belongs to the capture.
    public func start(_ descriptor: Int32) {
        fleet_set_nonblocking(descriptor)
        let number = PollThread.shared.watch(descriptor) { [self] in
            drain(descriptor)
        } onEnd: { [self] in
            // What came between the last event and the stop belongs to the output too.
            _ = drain(descriptor)
            close(descriptor)
            finish.fulfil(())
        }
        watch.withLock { $0 = number }
    }

    /// Waits until the other end is closed by everybody, at most so long; returns whether it is.
    ///
    /// A process that escaped may hold it open for ever: then `stop()`.
    public func finished(within limit: Duration) async -> Bool { await finish.value(within: limit) != nil }

    /// Stops reading; returns when the last byte that was there has been taken in.
    public func stop() async {
        guard let number = watch.withLock({ $0 }) else { return }
        PollThread.shared.cancel(number)
        await finish.value()
    }

    /// What has been kept until now.
    public var output: CapturedOutput { buffer.withLock { $0.output } }

    // False at the end of the stream. Bounded, so that a child that writes without pause does not hold the thread.
    private func drain(_ descriptor: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: BoundedCapture.chunk)
        for _ in 0..<16 {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 {
                buffer.withLock { buffer in chunk.withUnsafeBytes { buffer.append(.init(rebasing: $0[..<count])) } }
            } else if count == 0 {
                return false
            } else if errno == EINTR {
                continue
            } else {
                return errno == EAGAIN
            }
        }
        return true
    }
}
