internal import CSSH2
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// One libssh2 session as a machine from bytes to bytes: it has no socket.
///
/// What the network brought goes in by `receive`, what libssh2 wants to send comes out by `takeOutput`. libssh2's send
/// callback always accepts, so it never holds a half-sent packet; its receive callback answers "again" when there is
/// nothing, and "end" after `endInput`. Belongs to one event loop.
final class SessionEngine {
    let eventLoop: any EventLoop
    private(set) var session: OpaquePointer?
    /// The reason that the server gave for ending the session.
    private(set) var disconnectReason: String?
    private(set) var inputEnded = false
    /// True while libssh2 is in the middle of the first key exchange.
    var isShakingHands = false
    /// What one read of a channel can bring; a packet carries at most half of it. Shared by the channels, because most
    /// reads find nothing.
    let readSpace = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    /// What the server offered.
    private(set) var proposals = ProposalReader()
    private var input = ByteBuffer()
    private var output = ByteBuffer()

    /// libssh2 wants a descriptor; one that cannot be open is answered by EBADF once and never touched again.
    static let noSocket = Int32.max

    init(eventLoop: any EventLoop) throws(LibraryFailure) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        guard SSHLibrary.isReady else { throw LibraryFailure(code: -1, text: "libssh2 could not be initialised") }
        session = fleet_session_new(Unmanaged.passUnretained(self).toOpaque())
        guard let session else { throw LibraryFailure(code: LIBSSH2_ERROR_ALLOC, text: "out of memory") }
        fleet_session_set_callbacks(session, receiveCallback, sendCallback, disconnectCallback)
    }

    deinit {
        // The owner shuts down on the loop; this is the last resort, and nothing else can see the engine any more.
        inputEnded = true
        input.clear()
        if let session { libssh2_session_free(session) }
        readSpace.deallocate()
    }

    // MARK: Bytes

    /// Takes bytes that the network brought.
    func receive(_ bytes: ByteBuffer) {
        eventLoop.preconditionInEventLoop()
        guard !inputEnded else { return }
        if isShakingHands { proposals.add(bytes) }
        if input.readableBytes == 0 {
            input = bytes
        } else {
            var bytes = bytes
            input.writeBuffer(&bytes)
        }
    }

    /// Says that nothing more will come.
    func endInput() {
        eventLoop.preconditionInEventLoop()
        inputEnded = true
    }

    /// How many bytes wait to be sent.
    var outputBytes: Int { output.readableBytes }

    /// How many bytes libssh2 has not asked for yet.
    var inputBytes: Int { input.readableBytes }

    /// Hands over what is to be sent; nil when there is nothing.
    func takeOutput() -> ByteBuffer? {
        eventLoop.preconditionInEventLoop()
        guard output.readableBytes > 0 else { return nil }
        defer { output = ByteBuffer() }
        return output
    }

    /// True while the other side may still answer.
    var isConnected: Bool { session != nil && disconnectReason == nil && !(inputEnded && input.readableBytes == 0) }

    // MARK: End

    /// Says good-bye; the bytes are in the output afterwards.
    func disconnect() {
        eventLoop.preconditionInEventLoop()
        guard let session, isConnected else { return }
        _ = libssh2_session_disconnect_ex(session, Int32(fleet_disconnect_by_application), "done", "")
    }

    /// Frees the session and every channel that is still in it. With no input left no call can answer "again".
    func shutDown() {
        eventLoop.preconditionInEventLoop()
        guard let session else { return }
        inputEnded = true
        input.clear()
        // A key exchange that was cut short cleans up after itself only when it is told that the input has ended.
        if isShakingHands { _ = libssh2_session_handshake(session, Self.noSocket) }
        self.session = nil
        let result = libssh2_session_free(session)
        assert(result == 0, "libssh2 kept a session without input: \(result)")
        output.clear()
    }

    // MARK: Errors

    /// What the last call on this session complained about.
    func lastFailure(_ code: Int32? = nil) -> LibraryFailure {
        guard let session else { return LibraryFailure(code: code ?? -1, text: "the session is over") }
        var text: UnsafeMutablePointer<CChar>?
        var length: Int32 = 0
        let last = libssh2_session_last_error(session, &text, &length, 0)
        let words = text.map { pointer in
            String(decoding: UnsafeRawBufferPointer(start: pointer, count: Int(length)), as: UTF8.self)
        }
        return LibraryFailure(code: code ?? last, text: words ?? "")
    }

    /// Maps a return code: zero and more is done, EAGAIN is again.
    func progress(_ code: Int32) -> Progress<Void> {
        if code >= 0 { return .done(()) }
        return code == LIBSSH2_ERROR_EAGAIN ? .again : .failed(lastFailure(code))
    }

    // MARK: What the callbacks do

    fileprivate func fill(_ target: UnsafeMutableRawBufferPointer) -> Int {
        guard input.readableBytes > 0 else { return inputEnded ? 0 : -Int(EAGAIN) }
        let count = min(target.count, input.readableBytes)
        input.withUnsafeReadableBytes { source in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(count)))
        }
        input.moveReaderIndex(forwardBy: count)
        // Let go of the memory of the network read as soon as it is used up.
        if input.readableBytes == 0 { input = ByteBuffer() }
        return count
    }

    fileprivate func accept(_ bytes: UnsafeRawBufferPointer) -> Int { output.writeBytes(bytes) }

    fileprivate func disconnected(reason: String) { disconnectReason = reason }
}

@available(*, unavailable)
extension SessionEngine: Sendable {}

/// libssh2 finds its engine through the session's `abstract` pointer.
private func engine(_ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> SessionEngine? {
    guard let pointer = abstract?.pointee else { return nil }
    return Unmanaged<SessionEngine>.fromOpaque(pointer).takeUnretainedValue()
}

private let receiveCallback: fleet_receive_callback = { _, buffer, length, _, abstract in
    guard let engine = engine(abstract), let buffer else { return 0 }
    return engine.fill(UnsafeMutableRawBufferPointer(start: buffer, count: length))
}

private let sendCallback: fleet_send_callback = { _, buffer, length, _, abstract in
    guard let engine = engine(abstract), let buffer else { return 0 }
    return engine.accept(UnsafeRawBufferPointer(start: buffer, count: length))
}

private let disconnectCallback: fleet_disconnect_callback = { _, _, message, length, _, _, abstract in
    let bytes = UnsafeRawBufferPointer(start: message, count: message == nil ? 0 : Int(length))
    engine(abstract)?.disconnected(reason: String(decoding: bytes, as: UTF8.self))
}
