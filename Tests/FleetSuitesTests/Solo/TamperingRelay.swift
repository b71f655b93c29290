import FleetSystem
import FleetTestSupport

@testable import FleetTestKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Stands before a registry and flips the last byte of every blob that it hands out.
///
/// One connection at a time, one request a connection: enough for a test, and simple enough to be trusted.
final class TamperingRelay: Sendable {
    let port: Int
    private let listener: Int32
    private let finished = OneShot<Void>()

    init(to upstream: Int) throws {
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
        DedicatedThread.start { [finished] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { break }
                Self.serve(client, upstream)
                close(client)
            }
            close(listener)
            finished.fulfil(())
        }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ client: Int32, _ upstream: Int) {
        guard let (head, body) = readRequest(client) else { return }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(server) }
        guard withLoopback(upstream, { connect(server, $0, $1) }) == 0 else { return }
        writeAll(server, Array("\(head)\r\nConnection: close\r\n\r\n".utf8) + body)
        var answer: [UInt8] = []
        while let more = readSome(server) { answer += more }
        if head.hasPrefix("GET "), head.prefix(200).contains("/blobs/"), !answer.isEmpty {
            answer[answer.count - 1] ^= 1
        }
        writeAll(client, answer)
    }

    /// The head without its blank line and without `Connection`, and the body by its `Content-Length`.
    private static func readRequest(_ client: Int32) -> (String, [UInt8])? {
        var bytes: [UInt8] = []
        let blank = Array("\r\n\r\n".utf8)
        while true {
            if let end = bytes.firstRange(of: blank) {
                let fields = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
                let length =
                    fields.first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.split(separator: ":")[1].filter(\.isNumber)) } ?? 0
                var body = Array(bytes[end.upperBound...])
                while body.count < length, let more = readSome(client) { body += more }
                let kept = fields.filter { !$0.lowercased().hasPrefix("connection:") }
                return (kept.joined(separator: "\r\n"), body)
            }
            guard bytes.count < 65_536, let more = readSome(client) else { return nil }
            bytes += more
        }
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
