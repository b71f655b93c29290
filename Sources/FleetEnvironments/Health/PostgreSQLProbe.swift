import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Opens a conversation with a PostgreSQL server (protocol 3.0) as far as the question for a password.
enum PostgreSQLProbe {
    /// Nil when the server asks who we are, which it does not before it can be used; else what came instead.
    static func problem(address: String, port: Int, within limit: Duration) async -> String? {
        let descriptor: Int32
        switch TCPProbe.connected(to: address, port: port) {
        case .success(let open): descriptor = open
        case .failure(let error): return "\(error)"
        }
        defer { close(descriptor) }
        guard send(descriptor, startup, startup.count, Int32(MSG_NOSIGNAL)) == startup.count else {
            return "\(SystemCallError(call: "send", subject: "\(address):\(port)"))"
        }
        var outcome: String? = "no answer within \(limit)"
        _ = await Waiting.until(within: limit, every: .milliseconds(2)) {
            var buffer = [UInt8](repeating: 0, count: 512)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return false }
            outcome = count < 0 ? SystemCallError.text(of: errno) : judge(buffer.prefix(count))
            return true
        }
        return outcome
    }

    /// The first message: protocol 3.0, for a user that every server has.
    static let startup: [UInt8] = {
        let body: [UInt8] = [0, 3, 0, 0] + "user".utf8 + [0] + "postgres".utf8 + [0, 0]
        return [0, 0, 0, UInt8(body.count + 4)] + body
    }()

    /// Nil for a request to authenticate; else what is wrong with the answer.
    static func judge(_ bytes: ArraySlice<UInt8>) -> String? {
        switch bytes.first {
        case UInt8(ascii: "R"): nil
        case UInt8(ascii: "E"):
            // Fields of a letter and a text each, with zeros between; M is the message.
            bytes.dropFirst(5).split(separator: 0).first { $0.first == UInt8(ascii: "M") }
                .map { String(decoding: $0.dropFirst(), as: UTF8.self) } ?? "an error without a message"
        case nil: "it closed the connection"
        default: "an answer that is not PostgreSQL's"
        }
    }
}
