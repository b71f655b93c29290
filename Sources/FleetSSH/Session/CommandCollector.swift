public import NIOCore

/// Collects what a command writes, up to a limit for each stream; what is over it is read and dropped, so that the
/// command never stands still for us.
final class CommandCollector: ChannelConsumer {
    private let limit: Int
    private let promise: EventLoopPromise<SSHCommandResult>
    private var output = ByteBuffer()
    private var error = ByteBuffer()
    private var droppedOutput = 0
    private var droppedError = 0

    let isReady = true

    init(limit: Int, promise: EventLoopPromise<SSHCommandResult>) {
        self.limit = limit
        self.promise = promise
    }

    func receive(_ bytes: ByteBuffer, from stream: EngineChannel.Stream) {
        switch stream {
        case .output: droppedOutput += Self.append(bytes, to: &output, limit: limit)
        case .error: droppedError += Self.append(bytes, to: &error, limit: limit)
        }
    }

    private static func append(_ bytes: ByteBuffer, to buffer: inout ByteBuffer, limit: Int) -> Int {
        var bytes = bytes
        let room = max(0, limit - buffer.readableBytes)
        if var part = bytes.readSlice(length: min(room, bytes.readableBytes)) { buffer.writeBuffer(&part) }
        return bytes.readableBytes
    }

    func inboundEnded() {}

    func ended(_ result: Result<SSHCommandExit, SSHError>) {
        switch result {
        case .success(let exit):
            promise.succeed(
                SSHCommandResult(
                    exit: exit, standardOutput: output, standardError: error, droppedOutputBytes: droppedOutput,
                    droppedErrorBytes: droppedError))
        case .failure(let failure): promise.fail(failure)
        }
    }
}

/// How a command ended and what it wrote.
public struct SSHCommandResult: Sendable, Hashable {
    /// How it ended.
    public let exit: SSHCommandExit
    /// The first bytes of its standard output, at most the limit.
    public let standardOutput: ByteBuffer
    /// The first bytes of its standard error, at most the limit.
    public let standardError: ByteBuffer
    /// How many bytes of standard output were over the limit.
    public let droppedOutputBytes: Int
    /// How many bytes of standard error were over the limit.
    public let droppedErrorBytes: Int

    /// The exit status; nil when a signal ended the command.
    public var status: Int? {
        if case .exited(let status) = exit { return status }
        return nil
    }

    /// The name of the signal that ended the command, without `SIG`.
    public var signal: String? {
        if case .signaled(let name) = exit { return name }
        return nil
    }

    /// True when the command ended by itself with status 0.
    public var isSuccess: Bool { exit == .exited(0) }
}
