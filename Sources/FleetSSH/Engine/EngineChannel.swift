internal import CSSH2
internal import NIOCore

/// One libssh2 channel. Its session owns the C handle and frees it with itself, if `free` did not before.
final class EngineChannel {
    /// The two streams that a command writes; a tunnel has only the first.
    enum Stream { case output, error }

    private let engine: SessionEngine
    private var handle: OpaquePointer?

    init(_ handle: OpaquePointer, of engine: SessionEngine) {
        self.handle = handle
        self.engine = engine
    }

    /// The handle, as long as it has not been freed by us or by the end of the session.
    private var live: OpaquePointer? {
        engine.eventLoop.preconditionInEventLoop()
        return engine.session == nil ? nil : handle
    }

    /// Starts a command. Repeat until it is no longer "again", before anything else is opened or started.
    func start(command: String) -> Progress<Void> {
        guard let live else { return .failed(engine.lastFailure()) }
        return engine.progress(fleet_channel_exec(live, command, UInt32(command.utf8.count)))
    }

    /// Reads what has arrived; nil when there is nothing and there will be no more. Each read also takes everything off the wire, for all
    /// channels, so after it the others must be asked too.
    func read(_ stream: Stream) -> Progress<ByteBuffer?> {
        guard let live else { return .failed(engine.lastFailure()) }
        let number = Int32(stream == .output ? fleet_stream_output : fleet_stream_error)
        let space = engine.readSpace
        let start = space.baseAddress?.assumingMemoryBound(to: CChar.self)
        let code = libssh2_channel_read_ex(live, number, start, space.count)
        if code > 0 { return .done(ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: space.prefix(code)))) }
        if code == 0 { return .done(nil) }
        return code == Int(LIBSSH2_ERROR_EAGAIN) ? .again : .failed(engine.lastFailure(Int32(code)))
    }

    /// Takes everything off the wire without reading this channel, so that its window stays shut for a slow consumer
    /// while window updates, key changes and the other channels still get through.
    func pump() -> Progress<Void> {
        guard let live else { return .failed(engine.lastFailure()) }
        return engine.progress(Int32(libssh2_channel_read_ex(live, Int32(fleet_stream_output), nil, 0)))
    }

    /// Writes as much as the window allows and says how much it was. After "again" the same bytes must come first.
    func write(_ bytes: ByteBuffer) -> Progress<Int> {
        guard let live else { return .failed(engine.lastFailure()) }
        let code = bytes.withUnsafeReadableBytes { source in
            let start = source.baseAddress?.assumingMemoryBound(to: CChar.self)
            return libssh2_channel_write_ex(live, Int32(fleet_stream_output), start, source.count)
        }
        if code > 0 { return .done(code) }
        return code == 0 || code == Int(LIBSSH2_ERROR_EAGAIN) ? .again : .failed(engine.lastFailure(Int32(code)))
    }

    /// Tells the other side that nothing more comes from us.
    func sendEnd() -> Progress<Void> {
        guard let live else { return .failed(engine.lastFailure()) }
        return engine.progress(libssh2_channel_send_eof(live))
    }

    /// True when the other side has ended its streams and both have been read to the end.
    var isAtEnd: Bool { live.map { libssh2_channel_eof($0) == 1 } ?? true }

    /// Waits for the other side's close; only then the exit status is sure to have come.
    func awaitClose() -> Progress<Void> {
        guard let live else { return .failed(engine.lastFailure()) }
        return engine.progress(libssh2_channel_wait_closed(live))
    }

    /// The exit status, or the signal that ended the command. libssh2 says 0 too when a server closes the channel
    /// without either, which OpenSSH does not do.
    var exit: SSHCommandExit {
        guard let live else { return .exited(0) }
        var name: UnsafeMutablePointer<CChar>?
        var length = 0
        _ = libssh2_channel_get_exit_signal(live, &name, &length, nil, nil, nil, nil)
        if let name {
            defer { libssh2_free(engine.session, name) }
            return .signaled(String(cString: name))
        }
        return .exited(Int(libssh2_channel_get_exit_status(live)))
    }

    /// Sends end and close, and waits for the other side's close.
    func close() -> Progress<Void> {
        guard let live else { return .done(()) }
        return engine.progress(libssh2_channel_close(live))
    }

    /// Frees the handle; the channel cannot be used afterwards.
    func free() -> Progress<Void> {
        guard let live else { return .done(()) }
        let result = engine.progress(libssh2_channel_free(live))
        if case .done = result { handle = nil }
        return result
    }
}

@available(*, unavailable)
extension EngineChannel: Sendable {}
