import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A request that somebody sent to a listener.
public struct HookRequest: Sendable {
    /// The path.
    public var path: String
    /// The header fields, with names in lower case.
    public var headers: [String: String]
    /// The body.
    public var body: [UInt8]
}

/// Listens on a port of 127.0.0.1 and keeps every request that comes: where a service under test calls back.
///
/// One request a connection; each is answered with 200 and an empty body.
public final class HookListener: Sendable {
    /// The port that it listens on.
    public let port: Int
    private let descriptor: Int32
    private let kept: Locked<[HookRequest]>

    /// What has come until now.
    public var requests: [HookRequest] { kept.withLock { $0 } }

    /// Begins to listen.
    ///
    /// - Throws: `NetworkError`.
    public init() throws {
        let kept = Locked<[HookRequest]>([])
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        let bound = SocketAddress("127.0.0.1", port: 0)?.withSystemAddress { bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 64) == 0, let port = Self.port(of: descriptor) else {
            let number = errno
            close(descriptor)
            throw NetworkError(operation: "listen on 127.0.0.1", reason: .system(number))
        }
        self.port = port
        self.descriptor = descriptor
        self.kept = kept
        // Ended by `stop`, which shuts the listener down.
        DedicatedThread.start {
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 {
                    if errno == EINTR { continue }
                    break
                }
                // A caller that says nothing must not keep the others waiting.
                var limit = timeval(tv_sec: 5, tv_usec: 0)
                setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                if let request = Self.read(client) { kept.withLock { $0.append(request) } }
                Self.answer(client)
                close(client)
            }
            close(descriptor)
        }
    }

    /// Stops listening.
    public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private static func port(of descriptor: Int32) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return status == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    private static func read(_ client: Int32) -> HookRequest? {
        var bytes: [UInt8] = []
        let blank = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: blank) == nil {
            guard bytes.count < 65_536, let more = receive(client) else { return nil }
            bytes += more
        }
        guard let end = bytes.firstRange(of: blank) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard (0...4 << 20).contains(length) else { return nil }
        var body = Array(bytes[end.upperBound...])
        while body.count < length, let more = receive(client) { body += more }
        let words = lines.first?.split(separator: " ") ?? []
        guard body.count == length, words.count > 1 else { return nil }
        return HookRequest(path: String(words[1]), headers: headers, body: body)
    }

    private static func receive(_ client: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(client, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    private static func answer(_ client: Int32) {
        let text = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
        #if canImport(Glibc)
            _ = send(client, text, text.count, Int32(MSG_NOSIGNAL))
        #else
            _ = send(client, text, text.count, 0)
        #endif
    }
}
