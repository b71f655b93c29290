import NIOCore

/// Notices that the client of a connection has gone, or sends nothing more, for answers that have no end of their own.
///
/// There is one in every connection, from its beginning, so that no end comes too early to be noticed.
final class ConnectionEnd: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private enum State {
        case open(notify: (() -> Void)?)
        case ended
    }

    private var state = State.open(notify: nil)

    /// Calls the closure at the end, or now where it has come. Of several closures the last one counts: a connection has one
    /// answer at a time.
    func notify(_ body: @escaping () -> Void) {
        switch state {
        case .open: state = .open(notify: body)
        case .ended: body()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Connections may be closed by half, so an end that comes from the client is no end of the channel.
        if event as? ChannelEvent == .inputClosed { end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        guard case .open(let notify) = state else { return }
        state = .ended
        notify?()
    }
}
