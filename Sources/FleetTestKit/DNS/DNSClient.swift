/// A question that was not answered.
public struct DNSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The question, such as `A web.provisioning.local over UDP at 127.0.0.1:53`.
    public var question: String
    /// What went wrong.
    public var reason: String
    /// What the server said, when that is what went wrong.
    public var code: DNSResponseCode?

    /// One sentence.
    public var description: String { "\(question): \(reason)" }
}

/// Asks one DNS server, and no other, over UDP or TCP.
///
/// A resolver of our own, so that neither the host's configuration nor a cache stands between test and server.
public struct DNSClient: Sendable {
    /// How a question travels.
    public enum Transport: String, CaseIterable, Sendable { case udp = "UDP", tcp = "TCP" }

    /// The address of the server, numeric.
    public let address: String
    /// Its port.
    public let port: Int

    /// Names a server; nothing is sent yet.
    public init(address: String, port: Int) {
        self.address = address
        self.port = port
    }

    /// The server's whole answer to one question.
    ///
    /// A datagram that is lost is sent again each second until the limit is over.
    ///
    /// - Throws: `DNSFailure` when there is no answer, or one that is none.
    public func query(
        _ name: String, _ type: DNSType, over transport: Transport = .udp, within limit: Duration = .seconds(3)
    ) async throws -> DNSMessage {
        let question = text(of: name, type, transport)
        let (server, id, bytes) = try prepare(name, type, question)
        do {
            let message = try await Socket.run {
                switch transport {
                case .udp: try Self.askByDatagram(server, id: id, bytes, limit: limit)
                case .tcp: try Self.askByStream(server, id: id, bytes, limit: limit)
                }
            }
            if let asked = message.question, asked != DNSQuestion(name: Self.normalised(name), type: type) {
                throw DNSFailure(question: question, reason: "the answer is for \(asked.type) \(asked.name)")
            }
            return message
        } catch let error as NetworkError {
            throw DNSFailure(question: question, reason: error.description)
        } catch let error as MalformedDNSMessage {
            throw DNSFailure(question: question, reason: error.description)
        }
    }

    /// The values of the records of one type; empty when the name does not exist or has none.
    ///
    /// - Throws: `DNSFailure`, also when the server answers with an error other than “no such name”.
    public func values(
        _ name: String, _ type: DNSType, over transport: Transport = .udp, within limit: Duration = .seconds(3)
    ) async throws -> [String] {
        let message = try await query(name, type, over: transport, within: limit)
        guard message.code == .noError || message.code == .nameError else {
            throw DNSFailure(
                question: text(of: name, type, transport), reason: "the server says \(message.code)", code: message.code
            )
        }
        return message.answers.filter { $0.type == type }.map(\.value.description)
    }

    /// All records of a zone, by AXFR over TCP; begins and ends with the zone's SOA.
    ///
    /// At most 100,000 records are read.
    ///
    /// - Parameter source: the own address to ask from; nil leaves it to the system.
    /// - Throws: `DNSFailure`, also when the server refuses.
    public func transfer(
        zone: String, from source: String? = nil, within limit: Duration = .seconds(10)
    ) async throws -> [DNSRecord] {
        let question = text(of: zone, .axfr, .tcp)
        let (server, id, bytes) = try prepare(zone, .axfr, question)
        let own = try source.map { try require(SocketAddress($0, port: 0), "a numeric address in \($0)") }
        do {
            return try await Socket.run {
                let socket = try Socket(.stream, to: server, from: own, limit: limit)
                try socket.send(UInt16(bytes.count).bigEndianBytes + bytes)
                var records: [DNSRecord] = []
                while records.count < 2 || records.last?.type != .soa {
                    let message = try Self.receiveMessage(from: socket, id: id)
                    guard message.code == .noError else {
                        throw DNSFailure(
                            question: question, reason: "the server says \(message.code)", code: message.code)
                    }
                    guard !message.answers.isEmpty, records.count < 100_000 else {
                        throw DNSFailure(question: question, reason: "the transfer has no end")
                    }
                    records += message.answers
                }
                return records
            }
        } catch let error as NetworkError {
            throw DNSFailure(question: question, reason: error.description)
        } catch let error as MalformedDNSMessage {
            throw DNSFailure(question: question, reason: error.description)
        }
    }

    /// Sends a change of a zone over TCP and returns what the server made of it.
    ///
    /// - Throws: `DNSFailure` when there is no answer.
    public func update(
        _ change: DNSUpdate, signedWith key: TSIGKey? = nil, within limit: Duration = .seconds(5)
    ) async throws -> DNSResponseCode {
        let question = "UPDATE \(change.name) over TCP at \(address):\(port)"
        guard let server = SocketAddress(address, port: port) else {
            throw DNSFailure(question: question, reason: "the server's address is not numeric")
        }
        let id = UInt16.random(in: .min ... .max)
        guard let bytes = change.message(id: id, key: key) else {
            throw DNSFailure(question: question, reason: "a name cannot be written")
        }
        do {
            return try await Socket.run { try Self.askByStream(server, id: id, bytes, limit: limit).code }
        } catch let error as NetworkError {
            throw DNSFailure(question: question, reason: error.description)
        } catch let error as MalformedDNSMessage {
            throw DNSFailure(question: question, reason: error.description)
        }
    }

    private func prepare(
        _ name: String, _ type: DNSType, _ question: String
    ) throws(DNSFailure) -> (SocketAddress, UInt16, [UInt8]) {
        guard let server = SocketAddress(address, port: port) else {
            throw DNSFailure(question: question, reason: "the server's address is not numeric")
        }
        let id = UInt16.random(in: .min ... .max)
        guard let bytes = DNSMessage.query(id: id, name: name, type: type) else {
            throw DNSFailure(question: question, reason: "the name cannot be asked for")
        }
        return (server, id, bytes)
    }

    private func text(of name: String, _ type: DNSType, _ transport: Transport) -> String {
        "\(type) \(name) over \(transport.rawValue) at \(address):\(port)"
    }

    private static func normalised(_ name: String) -> String {
        (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
    }

    private static func askByDatagram(
        _ server: SocketAddress, id: UInt16, _ bytes: [UInt8], limit: Duration
    ) throws -> DNSMessage {
        let end = ContinuousClock.now + limit
        while true {
            let left = end - .now
            do {
                let socket = try Socket(.datagram, to: server, limit: min(left, .seconds(1)))
                try socket.send(bytes)
                while true {
                    let message = try DNSReader.message(try socket.receive(atMost: 65_535))
                    if message.id == id, message.isResponse { return message }
                }
            } catch let error as NetworkError where error.reason == .timedOut && ContinuousClock.now < end {
                continue
            }
        }
    }

    private static func askByStream(
        _ server: SocketAddress, id: UInt16, _ bytes: [UInt8], limit: Duration
    ) throws -> DNSMessage {
        let socket = try Socket(.stream, to: server, limit: limit)
        try socket.send(UInt16(bytes.count).bigEndianBytes + bytes)
        return try receiveMessage(from: socket, id: id)
    }

    private static func receiveMessage(from socket: Socket, id: UInt16) throws -> DNSMessage {
        let length = try socket.receive(exactly: 2).reduce(0) { $0 << 8 | Int($1) }
        let message = try DNSReader.message(try socket.receive(exactly: length))
        guard message.id == id, message.isResponse else {
            throw MalformedDNSMessage(description: "the answer is for another question")
        }
        return message
    }
}
