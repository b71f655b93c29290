import Crypto
import Hummingbird
import NIOCore
import NIOWebSocket
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The server's side of a WebSocket (RFC 6455) over which it tells, and is told nothing.
///
/// The handshake is a request like every other, with all that stands before its route. What follows the head of the answer
/// goes to the client as it is, so the body of the answer is the frames.
enum WebSocket {
    /// Larger frames of a client end the connection.
    private static let largestFrame = 16 << 10

    /// Answers a handshake, and tells the events until there are no more. Throws `.invalid` for what is no handshake,
    /// `.forbidden` for that of a page of somebody else's.
    static func accept(
        _ request: Request, _ context: ServiceContext, telling events: AsyncStream<PlatformEvent>
    ) async throws -> Response {
        let key = try checkedKey(request)
        let channel = context.channel
        try await channel.eventLoop.submit {
            // Before the HTTP decoder, which must not see frames; the client sends none until it is answered.
            try channel.pipeline.syncOperations.addHandlers(
                [ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: largestFrame)), WebSocketReader()],
                position: .first)
        }.get()
        return Response(
            status: .switchingProtocols,
            headers: [.upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: acceptance(of: key)],
            body: ResponseBody { writer in
                for await event in events { try await writer.write(message(try event.json)) }
                try await writer.write(frame(.connectionClose, closing(.goingAway)))
                try await writer.finish(nil)
            })
    }

    /// A message.
    static func message(_ text: String) -> ByteBuffer { frame(.text, ByteBuffer(string: text)) }

    /// A whole frame, without a mask, as servers send it.
    fileprivate static func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer(bytes: [0x80 | UInt8(webSocketOpcode: opcode)])
        switch payload.readableBytes {
        case ...125: frame.writeInteger(UInt8(payload.readableBytes))
        case ...0xffff: frame.writeMultipleIntegers(UInt8(126), UInt16(payload.readableBytes))
        default: frame.writeMultipleIntegers(UInt8(127), UInt64(payload.readableBytes))
        }
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// What a frame that closes says.
    fileprivate static func closing(_ code: WebSocketErrorCode) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.write(webSocketErrorCode: code)
        return buffer
    }

    private static func checkedKey(_ request: Request) throws -> String {
        let headers = request.headers
        func has(_ value: String?, _ word: String) -> Bool {
            (value ?? "").lowercased().split(separator: ",").contains {
                $0.trimmingPrefix(while: \.isWhitespace) == word
            }
        }
        guard has(headers[.upgrade], "websocket"), has(headers[.connection], "upgrade"),
            headers[.secWebSocketVersion] == "13",
            let key = headers[.secWebSocketKey], Data(base64Encoded: key)?.count == 16
        else { throw PlatformError(.invalid, "this is a WebSocket of version 13 (RFC 6455); ask with its handshake") }
        // Browsers let any page open one, and say whose page it is.
        if let origin = headers[.origin], origin.split(separator: "/").last.map(String.init) != request.head.authority {
            throw PlatformError(.forbidden, "a page of \(origin) may not listen")
        }
        return key
    }

    private static func acceptance(of key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Data(Insecure.SHA1.hash(data: Data(text.utf8))).base64EncodedString()
    }
}

/// Reads what the client of a WebSocket sends: answers pings, and ends the connection when the client wants it, or breaks
/// the rules. Messages are read and forgotten.
private final class WebSocketReader: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.maskKey != nil else { return close(context, WebSocket.closing(.protocolError)) }
        switch frame.opcode {
        case .ping:
            context.writeAndFlush(wrapOutboundOut(WebSocket.frame(.pong, frame.unmaskedData)), promise: nil)
        case .connectionClose: close(context, frame.unmaskedData)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is NIOWebSocketError else { return context.fireErrorCaught(error) }
        close(context, WebSocket.closing(.protocolError))
    }

    private func close(_ context: ChannelHandlerContext, _ payload: ByteBuffer) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(WebSocket.frame(.connectionClose, payload))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
