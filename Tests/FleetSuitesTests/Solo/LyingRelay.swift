import FleetSystem
import FleetTestSupport

@testable import FleetTestKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A request or an answer as the relay sees it.
struct RelayedMessage: Sendable {
    /// The first line: `GET /health HTTP/1.1` or `HTTP/1.1 200 OK`.
    var line: String
    /// The fields, without `Connection` and `Content-Length`, which the relay writes itself.
    var fields: [String]
    /// The body.
    var body: [UInt8]

    /// Replaces a text in the body.
    mutating func replace(_ text: String, with other: String) {
        body = Array(String(decoding: body, as: UTF8.self).replacing(text, with: other).utf8)
    }

    /// The bytes on the wire; the connection ends after them.
    var bytes: [UInt8] {
        let fields = fields + ["Content-Length: \(body.count)", "Connection: close"]
        return Array("\(line)\r\n\(fields.joined(separator: "\r\n"))\r\n\r\n".utf8) + body
    }
}

/// Stands before a service and changes what is asked and answered: a service that is wrong in one way.
///
/// One connection at a time, one request a connection: enough for a test, and simple enough to be trusted.
final class LyingRelay: Sendable {
    /// What is wrong: changes the request before it is passed on, and the answer with the request at hand.
    struct Lie: Sendable {
        var request: @Sendable (inout RelayedMessage) -> Void = { _ in }
        var answer: @Sendable (RelayedMessage, inout RelayedMessage) -> Void = { _, _ in }
    }

    /// The port that it listens on.
    let port: Int
    private let listener: Int32

    init(to upstream: Int, _ lie: Lie) throws {
        let port = try TestService.freePort()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard Self.withLoopback(port, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            close(listener)
            throw TestServiceError("cannot listen on port \(port)")
        }
        self.port = port
        self.listener = listener
        // Ended by `stop`, which shuts the listener down.
        DedicatedThread.start {
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { break }
                Self.serve(client, upstream, lie)
                close(client)
            }
            close(listener)
        }
    }

    /// Ends it.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ client: Int32, _ upstream: Int, _ lie: Lie) {
        guard var request = readMessage(client, endsWithConnection: false) else { return }
        lie.request(&request)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(server) }
        guard withLoopback(upstream, { connect(server, $0, $1) }) == 0 else { return }
        writeAll(server, request.bytes)
        guard var answer = readMessage(server, endsWithConnection: true) else { return }
        lie.answer(request, &answer)
        writeAll(client, answer.bytes)
    }

    /// One message; its body goes by `Content-Length`, or to the end of the connection.
    private static func readMessage(_ descriptor: Int32, endsWithConnection: Bool) -> RelayedMessage? {
        var bytes: [UInt8] = []
        let blank = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: blank) == nil {
            guard bytes.count < 65_536, let more = readSome(descriptor) else { return nil }
            bytes += more
        }
        guard let end = bytes.firstRange(of: blank) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).filter(\.isNumber)) }
        var body = Array(bytes[end.upperBound...])
        while endsWithConnection || body.count < length ?? 0, let more = readSome(descriptor) { body += more }
        let own = ["connection:", "content-length:"]
        let fields = lines.dropFirst().filter { line in !own.contains { line.lowercased().hasPrefix($0) } }
        return RelayedMessage(line: lines.first ?? "", fields: fields, body: body)
    }

    private static func readSome(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func withLoopback(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        guard let address = SocketAddress("127.0.0.1", port: port) else { return -1 }
        return address.withSystemAddress(body)
    }
}
