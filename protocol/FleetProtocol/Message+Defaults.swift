import FleetModel

// What PROTOCOL.md calls optional has a default here; the synthesized decoders would insist on it.

extension Message.Hello: Decodable {
    private enum Field: String, CodingKey {
        case role, purpose, version, program, catalogue, features, nonce, run, epoch, incarnation
    }

    /// Decodes a greeting; only `features` and `incarnation` have defaults.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        self.init(
            role: try container.decode(Role.self, forKey: .role),
            purpose: try container.decode(Purpose.self, forKey: .purpose),
            version: try container.decode(Int.self, forKey: .version),
            program: try container.decode(String.self, forKey: .program),
            catalogue: try container.decode(String.self, forKey: .catalogue),
            features: try container.decode(.features, default: []),
            nonce: try container.decode(String.self, forKey: .nonce),
            run: try container.decode(RunID.self, forKey: .run),
            epoch: try container.decode(Epoch.self, forKey: .epoch),
            incarnation: try container.decode(.incarnation, default: ""))
    }
}

extension Message.EnvironmentState: Decodable {
    private enum Field: String, CodingKey { case lane, mode, state, driver, services, seconds, message }

    /// Decodes a state; only `lane`, `mode` and `state` have no default.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        self.init(
            lane: try container.decode(Int.self, forKey: .lane),
            mode: try container.decode(Mode.self, forKey: .mode),
            state: try container.decode(State.self, forKey: .state),
            driver: try container.decodeIfPresent(Driver.self, forKey: .driver),
            services: try container.decode(.services, default: []),
            seconds: try container.decode(.seconds, default: 0),
            message: try container.decodeIfPresent(String.self, forKey: .message))
    }
}

extension Message.Slots: Decodable {
    private enum Field: String, CodingKey { case held, wanted, holders }

    /// Decodes a share of slots; without `holders` nobody else has any.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        self.init(
            held: try container.decode([Int].self, forKey: .held),
            wanted: try container.decode(Int.self, forKey: .wanted),
            holders: try container.decode(.holders, default: []))
    }
}

extension Message.Chunk: Decodable {
    /// Decodes a piece; `last` is false when it is left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            attempt: try container.decode(AttemptID.self, forKey: .attempt),
            path: try container.decode(String.self, forKey: .path),
            offset: try container.decode(Int.self, forKey: .offset),
            data: try container.decode(String.self, forKey: .data),
            isLast: try container.decode(.isLast, default: false))
    }
}

extension Message.Bye {
    /// Writes what there is to say: an empty list of kept environments is left out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        try container.encode(leftovers, forKey: .leftovers)
        try container.encodeIfPresent(evictedBy, forKey: .evictedBy)
        if !kept.isEmpty { try container.encode(kept, forKey: .kept) }
    }
}

extension Message.Bye: Decodable {
    private enum Field: String, CodingKey { case leftovers, evictedBy, kept }

    /// Decodes a farewell; without a field nothing stayed, and nobody sent the agent away.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        self.init(
            leftovers: try container.decode(.leftovers, default: []),
            evictedBy: try container.decodeIfPresent(String.self, forKey: .evictedBy),
            kept: try container.decode(.kept, default: []))
    }
}
