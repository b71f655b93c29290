internal import CSSH2
internal import NIOCore

/// Opening channels. libssh2 keeps the progress of an open inside the session, and a command's start reads any reply
/// off the wire and gives up when it belongs to another channel: so one opening at a time, its start included.
extension SessionEngine {
    /// Opens a channel for a command.
    func openCommandChannel() -> Progress<EngineChannel> {
        eventLoop.preconditionInEventLoop()
        guard let session else { return .failed(lastFailure()) }
        return opened(fleet_channel_open_session(session))
    }

    /// Opens a `direct-tcpip` channel to where the other machine can reach.
    func openTunnelChannel(host: String, port: Int) -> Progress<EngineChannel> {
        eventLoop.preconditionInEventLoop()
        guard let session, let port = Int32(exactly: port) else { return .failed(lastFailure()) }
        return opened(libssh2_channel_direct_tcpip_ex(session, host, port, "127.0.0.1", 0))
    }

    private func opened(_ channel: OpaquePointer?) -> Progress<EngineChannel> {
        if let channel { return .done(EngineChannel(channel, of: self)) }
        let failure = lastFailure()
        return failure.code == LIBSSH2_ERROR_EAGAIN ? .again : .failed(failure)
    }
}
