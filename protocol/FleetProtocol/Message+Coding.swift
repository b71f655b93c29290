extension Message: Codable {
    /// The value of the field `type`.
    enum Kind: String, Codable, CaseIterable {
        case hello, proof, ping, pong, error
        case shard, start, cancel, acknowledge, finish, fetch
        case environment, started, slots, result, chunk, log, bye
    }

    private enum CodingKeys: String, CodingKey { case type }

    /// Decodes one object by its field `type`; unknown fields are ignored, an unknown type is an error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .type) {
        case .hello: self = .hello(try Hello(from: decoder))
        case .proof: self = .proof(try Proof(from: decoder))
        case .ping: self = .ping(try Ping(from: decoder))
        case .pong: self = .pong(try Ping(from: decoder))
        case .error: self = .error(try ErrorReport(from: decoder))
        case .shard: self = .shard(try Shard(from: decoder))
        case .start: self = .start(try Start(from: decoder))
        case .cancel: self = .cancel(try Cancel(from: decoder))
        case .acknowledge: self = .acknowledge(try Acknowledge(from: decoder))
        case .finish: self = .finish(try Finish(from: decoder))
        case .fetch: self = .fetch(try Fetch(from: decoder))
        case .environment: self = .environment(try EnvironmentState(from: decoder))
        case .started: self = .started(try Started(from: decoder))
        case .slots: self = .slots(try Slots(from: decoder))
        case .result: self = .result(try Result(from: decoder))
        case .chunk: self = .chunk(try Chunk(from: decoder))
        case .log: self = .log(try Log(from: decoder))
        case .bye: self = .bye(try Bye(from: decoder))
        }
    }

    /// Encodes the payload's fields beside the field `type`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .type)
        try payload.encode(to: encoder)
    }

    /// The value of the field `type`, such as `hello`.
    public var typeName: String { parts.kind.rawValue }

    /// All values of the field `type`.
    public static var typeNames: [String] { Kind.allCases.map(\.rawValue) }

    private var kind: Kind { parts.kind }
    private var payload: any Encodable { parts.payload }

    private var parts: (kind: Kind, payload: any Encodable) {
        switch self {
        case .hello(let payload): (.hello, payload)
        case .proof(let payload): (.proof, payload)
        case .ping(let payload): (.ping, payload)
        case .pong(let payload): (.pong, payload)
        case .error(let payload): (.error, payload)
        case .shard(let payload): (.shard, payload)
        case .start(let payload): (.start, payload)
        case .cancel(let payload): (.cancel, payload)
        case .acknowledge(let payload): (.acknowledge, payload)
        case .finish(let payload): (.finish, payload)
        case .fetch(let payload): (.fetch, payload)
        case .environment(let payload): (.environment, payload)
        case .started(let payload): (.started, payload)
        case .slots(let payload): (.slots, payload)
        case .result(let payload): (.result, payload)
        case .chunk(let payload): (.chunk, payload)
        case .log(let payload): (.log, payload)
        case .bye(let payload): (.bye, payload)
        }
    }
}
