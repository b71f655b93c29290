public import NIOCore

/// A byte stream to a port of the host, both ways, with back-pressure both ways.
///
/// Closes itself when nobody holds it any more.
public final class SSHTunnel: Sendable {
    /// What arrives, in pieces of any size. While its reader is behind, the sender is slowed down. It ends when the
    /// other side has sent its end or this side has closed, and throws an `SSHError` when the connection is lost. Only
    /// one task may read it, and once.
    public let inbound: SSHTunnelInbound
    private let handle: ChannelHandle

    init(handle: ChannelHandle, sequence: TunnelConsumer.Producer) {
        self.handle = handle
        inbound = SSHTunnelInbound(sequence: sequence)
    }

    deinit { handle.abort(.closed(.command, target: handle.target)) }

    /// Writes bytes; returns when they are on their way, so a slow reader on the other side slows the writer down.
    ///
    /// Cancelling a write that waits closes the tunnel: half a message must not be followed by another.
    public func write(_ bytes: ByteBuffer) async throws(SSHError) {
        try await handle.write(bytes, at: .command)
    }

    /// Tells the other side that nothing more will be written; reading goes on.
    public func finishWriting() { handle.finishWriting() }

    /// Closes both directions. What was written before still arrives.
    public func close() async {
        handle.abort(.closed(.command, target: handle.target))
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
