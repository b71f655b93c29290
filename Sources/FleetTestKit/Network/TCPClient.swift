/// Plain TCP, for services that have no protocol of their own here: listening daemons, and ports that must be silent.
public struct TCPClient: Sendable {
    /// The host, numeric.
    public let host: String
    /// The port.
    public let port: Int

    /// Names a peer; nothing is connected yet.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether somebody listens: true when a connection is accepted, false when it is refused.
    ///
    /// - Throws: `NetworkError` for everything that is neither.
    public func isListening(within limit: Duration = .seconds(2)) async throws -> Bool {
        let address = try resolved()
        do {
            _ = try await Socket.run {
                _ = try Socket(.stream, to: address, limit: limit)
                return true
            }
            return true
        } catch let error as NetworkError where error.reason == .refused {
            return false
        }
    }

    /// The first words of a server that speaks first, such as SSH; at most 4 KiB.
    ///
    /// - Throws: `NetworkError`.
    public func greeting(within limit: Duration = .seconds(5)) async throws -> String {
        let address = try resolved()
        return try await Socket.run {
            String(decoding: try Socket(.stream, to: address, limit: limit).receive(atMost: 4096), as: UTF8.self)
        }
    }

    /// Sends a text and reads until the other side closes, or until what came is enough.
    ///
    /// - Parameters:
    ///   - limit: how long each piece may take.
    ///   - size: how many bytes are read at most.
    /// - Throws: `NetworkError`.
    public func exchange(
        _ text: String, within limit: Duration = .seconds(5), atMost size: Int = 64 << 10,
        until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }
    ) async throws -> String {
        let address = try resolved()
        return try await Socket.run {
            let socket = try Socket(.stream, to: address, limit: limit)
            try socket.send(Array(text.utf8))
            var answer: [UInt8] = []
            while answer.count < size {
                let more = try socket.receive(atMost: 4096)
                if more.isEmpty { break }
                answer += more
                if isEnough(String(decoding: answer, as: UTF8.self)) { break }
            }
            return String(decoding: answer, as: UTF8.self)
        }
    }

    private func resolved() throws(NetworkError) -> SocketAddress {
        guard let address = SocketAddress(host, port: port) else {
            throw NetworkError(operation: "reach \(host):\(port)", reason: .badAddress)
        }
        return address
    }
}
