internal import NIOConcurrencyHelpers
internal import NIOCore

/// A tunnel of one connection as the channel under another session: that is how hosts behind hosts are reached.
///
/// Lives on the event loop of the connection that carries it, and closes that connection with itself.
///
/// Other threads see only `flags`, which has a lock, and what never changes; everything else is touched on the loop
/// alone, which is what makes `@unchecked Sendable` true.
final class TunnelChannel: Channel, ChannelCore, ChannelConsumer, @unchecked Sendable {
    private struct Flags {
        var isActive = false
        var isWritable = true
    }

    private enum State {
        case opening
        case open(ChannelHandle)
        case closed
    }

    /// How many bytes may wait for the connection underneath.
    private static let watermarks = (low: 128 * 1024, high: 512 * 1024)

    let eventLoop: any EventLoop
    let allocator = ByteBufferAllocator()
    let parent: (any Channel)? = nil
    let localAddress: SocketAddress? = nil
    let remoteAddress: SocketAddress? = nil
    private let carrier: SSHConnection
    private let flags = NIOLockedValueBox(Flags())
    private let closePromise: EventLoopPromise<Void>
    private var state = State.opening
    private var unflushed: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var pendingBytes = 0
    private(set) lazy var pipeline = ChannelPipeline(channel: self)

    /// Must be called on the loop of the connection.
    init(over carrier: SSHConnection, eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.carrier = carrier
        self.eventLoop = eventLoop
        closePromise = eventLoop.makePromise()
        // Made here, on the loop, and never again.
        _ = pipeline
    }

    var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
    var isActive: Bool { flags.withLockedValue { $0.isActive } }
    var isWritable: Bool { flags.withLockedValue { $0.isWritable } }
    var _channelCore: any ChannelCore { self }

    /// The tunnel is open; from now on bytes flow.
    func activate(_ handle: ChannelHandle) {
        guard case .opening = state else { return handle.abort(.closed(.channel, target: handle.target)) }
        state = .open(handle)
        flags.withLockedValue { $0.isActive = true }
        pipeline.fireChannelRegistered()
        pipeline.fireChannelActive()
    }

    // MARK: What the tunnel brings

    /// The session above bounds what it keeps by the windows of its own channels.
    var isReady: Bool { true }

    func receive(_ bytes: ByteBuffer, from stream: EngineChannel.Stream) {
        pipeline.fireChannelRead(bytes)
        pipeline.fireChannelReadComplete()
    }

    func inboundEnded() { end(nil) }

    func ended(_ result: Result<SSHCommandExit, SSHError>) {
        switch result {
        case .success: end(nil)
        case .failure(let error): end(error)
        }
    }

    private func end(_ error: SSHError?) {
        if case .closed = state { return }
        if let error, isActive { pipeline.fireErrorCaught(error) }
        close0(error: error ?? ChannelError.eof, mode: .all, promise: nil)
    }

    // MARK: What the session above wants

    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapData(data, as: ByteBuffer.self)
        pendingBytes += bytes.readableBytes
        unflushed.append((bytes, promise))
        if pendingBytes > Self.watermarks.high { changeWritability(to: false) }
    }

    func flush0() {
        let writes = unflushed
        unflushed.removeAll()
        for write in writes {
            guard case .open(let handle) = state else {
                write.promise?.fail(ChannelError.ioOnClosedChannel)
                continue
            }
            let count = write.bytes.readableBytes
            let written = write.promise ?? eventLoop.makePromise()
            written.futureResult.assumeIsolated().whenComplete { _ in self.wrote(count) }
            handle.write(write.bytes, promise: written)
        }
    }

    private func wrote(_ count: Int) {
        pendingBytes -= count
        if pendingBytes < Self.watermarks.low { changeWritability(to: true) }
    }

    private func changeWritability(to isWritable: Bool) {
        let didChange = flags.withLockedValue { flags in
            defer { flags.isWritable = isWritable }
            return flags.isWritable != isWritable
        }
        if didChange, isActive { pipeline.fireChannelWritabilityChanged() }
    }

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode != .input else {
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        if mode == .output {
            if case .open(let handle) = state { handle.finishWriting() }
            promise?.succeed()
            return
        }
        closePromise.futureResult.cascade(to: promise)
        if case .closed = state { return }
        if case .open(let handle) = state { handle.abort(.closed(.command, target: handle.target)) }
        state = .closed
        let wasActive = flags.withLockedValue { flags in
            defer { flags.isActive = false }
            return flags.isActive
        }
        for write in unflushed { write.promise?.fail(ChannelError.ioOnClosedChannel) }
        unflushed.removeAll()
        // Handlers may be in the middle of an event; they hear of the end after it.
        eventLoop.assumeIsolated().execute {
            if wasActive {
                self.pipeline.fireChannelInactive()
                self.pipeline.fireChannelUnregistered()
            }
            self.removeHandlers(pipeline: self.pipeline)
            self.closePromise.succeed()
        }
    }

    // MARK: What a tunnel has not

    func localAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func remoteAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func register0(promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
    func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }
    func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }
    /// Everything that arrives is handed on at once.
    func read0() {}
    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }
    func channelRead0(_ data: NIOAny) {}
    func errorCaught0(error: any Error) {}

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
}
