internal import FleetNIO
public import NIOCore

/// A byte stream to a port of the host, both ways, with back-pressure both ways.
///
/// Closes itself when nobody holds it any more.
public final class SSHTunnel: Sendable {
    /// What arrives, in pieces of any size. While its reader is behind, the sender is slowed down. It ends when the
    /// other side has sent its end or this side has closed, and throws an `SSHError` when the connection is lost. Only
    /// one task may read it, and once.
    public let inbound: SSHTunnelInbound
    /// Runs tasks where the tunnel's bytes come and go; for those that mostly read and write it.
    public let executor: any TaskExecutor
    private let handle: ChannelHandle
    private let writer: TunnelWriter

    init(handle: ChannelHandle, sequence: TunnelConsumer.Producer) {
        self.handle = handle
        executor = EventLoopExecutor(handle.eventLoop)
        writer = TunnelWriter(handle)
        inbound = SSHTunnelInbound(sequence: sequence)
    }

    deinit { handle.abort(.closed(.command, target: handle.target)) }

    /// Writes bytes; returns as soon as at most 64 KiB wait to leave, so a slow reader on the other side slows the
    /// writer down. What breaks on the way is told to the next write.
    ///
    /// Cancelling a write that waits closes the tunnel: half a message must not be followed by another.
    public func write(_ bytes: ByteBuffer) async throws(SSHError) {
        try await writer.write(bytes)
    }

    /// Tells the other side that nothing more will be written; reading goes on.
    public func finishWriting() { writer.finish() }

    /// Closes both directions. What was written before still arrives, if the other side has room for it.
    public func close() async {
        writer.close()
        await handle.settle()
    }
}

/// The bytes that arrive in a tunnel.
public struct SSHTunnelInbound: AsyncSequence, Sendable {
    /// A piece of the stream.
    public typealias Element = ByteBuffer

    /// Reads the pieces one after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: TunnelConsumer.Producer.AsyncIterator

        /// The next piece; nil at the end.
        @concurrent public mutating func next() async throws -> ByteBuffer? { try await base.next() }
    }

    fileprivate let sequence: TunnelConsumer.Producer

    init(sequence: TunnelConsumer.Producer) { self.sequence = sequence }

    /// Begins to read; may be called once.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: sequence.makeAsyncIterator()) }
}
