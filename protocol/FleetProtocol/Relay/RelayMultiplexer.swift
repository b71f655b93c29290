internal import NIOConcurrencyHelpers

/// The streams of a relay at one of its ends: sorts what arrives, numbers what is opened.
public final class RelayMultiplexer: Sendable {
    private struct State {
        var streams: [UInt32: RelayStream] = [:]
        var last: UInt32 = 0
        var isOver = false
    }

    /// How many streams may be open at once: a control connection and a few for artifacts.
    public static let mostStreams = 64

    private let state = NIOLockedValueBox(State())
    private let send: @Sendable (RelayFrame) -> Void

    /// Makes one end; `send` must keep the order of frames and never wait: windows bound what it has to keep.
    public init(send: @escaping @Sendable (RelayFrame) -> Void) { self.send = send }

    /// Asks the other side for a connection to a port of its loopback address.
    public func openStream(port: Int) -> RelayStream {
        let (stream, isOver) = state.withLockedValue { state in
            state.last += 1
            let stream = RelayStream(id: state.last, isOpened: false, send: send)
            if !state.isOver { state.streams[stream.id] = stream }
            return (stream, state.isOver)
        }
        if isOver {
            stream.end(RelayFault("the relay has ended"))
        } else {
            send(RelayFrame(stream: stream.id, .open(port: port)))
        }
        return stream
    }

    /// Takes a frame from the other side; returns a stream that it asks for, with its port.
    public func take(_ frame: RelayFrame) -> (stream: RelayStream, port: Int)? {
        if case .open(let port) = frame.content { return accept(frame.stream).map { ($0, port) } }
        // Frames of a stream that has just ended here are still on their way.
        guard let stream = state.withLockedValue({ $0.streams[frame.stream] }) else { return nil }
        switch frame.content {
        case .open: break
        case .opened: stream.wasOpened()
        case .data(let bytes): stream.receive(bytes)
        case .window(let bytes): stream.grant(bytes)
        case .close(let reason):
            forget(stream)
            stream.wasClosed(reason: reason)
        }
        return nil
    }

    private func accept(_ id: UInt32) -> RelayStream? {
        let stream: RelayStream? = state.withLockedValue { state in
            guard !state.isOver, id > state.last, state.streams.count < Self.mostStreams else { return nil }
            state.last = id
            let stream = RelayStream(id: id, isOpened: false, send: send)
            state.streams[id] = stream
            return stream
        }
        if stream == nil { send(RelayFrame(stream: id, .close(reason: "the relay takes no more streams"))) }
        return stream
    }

    /// Lets go of a stream that is over.
    public func forget(_ stream: RelayStream) {
        state.withLockedValue { $0.streams[stream.id] = nil }
    }

    /// True while no stream is open.
    public var isIdle: Bool { state.withLockedValue(\.streams.isEmpty) }

    /// Ends all streams: the relay is over.
    public func end(reason: String) {
        let streams = state.withLockedValue { state in
            state.isOver = true
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.end(RelayFault(reason)) }
    }
}
