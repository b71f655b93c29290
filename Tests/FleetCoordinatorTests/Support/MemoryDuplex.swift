import NIOCore

@testable import FleetCoordinator

/// One end of a stream of bytes in memory.
final class MemoryDuplex: ByteDuplex {
    struct Closed: Error {}

    private let incoming: AsyncStream<ByteBuffer>
    private let ending: AsyncStream<ByteBuffer>.Continuation
    private let outgoing: AsyncStream<ByteBuffer>.Continuation

    private init(
        _ incoming: AsyncStream<ByteBuffer>, _ ending: AsyncStream<ByteBuffer>.Continuation,
        _ outgoing: AsyncStream<ByteBuffer>.Continuation
    ) {
        self.incoming = incoming
        self.ending = ending
        self.outgoing = outgoing
    }

    /// Both ends.
    static func pair() -> (MemoryDuplex, MemoryDuplex) {
        let (left, toLeft) = AsyncStream.makeStream(of: ByteBuffer.self)
        let (right, toRight) = AsyncStream.makeStream(of: ByteBuffer.self)
        return (MemoryDuplex(left, toLeft, toRight), MemoryDuplex(right, toRight, toLeft))
    }

    func read() async throws -> ByteBuffer? {
        for await bytes in incoming { return bytes }
        try Task.checkCancellation()
        return nil
    }

    func write(_ bytes: ByteBuffer) async throws {
        if case .terminated = outgoing.yield(bytes) { throw Closed() }
    }

    func close() async {
        outgoing.finish()
        ending.finish()
    }
}
