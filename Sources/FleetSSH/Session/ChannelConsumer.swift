internal import NIOCore

/// Who takes what arrives on a channel. Lives on the loop of its session.
protocol ChannelConsumer: AnyObject {
    /// False while it can take no more; the channel is then not read, and the sender's window runs out.
    var isReady: Bool { get }

    /// Takes some bytes of a stream.
    func receive(_ bytes: ByteBuffer, from stream: EngineChannel.Stream)

    /// Nothing more will arrive.
    func inboundEnded()

    /// The channel is over. Called once.
    func ended(_ result: Result<SSHCommandExit, SSHError>)
}

/// How a command ended.
public enum SSHCommandExit: Sendable, Hashable {
    /// It ended by itself with this status.
    case exited(Int)
    /// A signal ended it; the name is without `SIG`, for example `KILL`.
    case signaled(String)
}
