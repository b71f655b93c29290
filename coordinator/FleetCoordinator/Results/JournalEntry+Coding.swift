import FleetModel
import FleetProtocol

extension JournalEntry.Event: Codable {
    private enum Kind: String, Codable {
        case begun, resumed, launched, host, environment, ordered, started, result, settled, ended
    }

    private enum CodingKeys: String, CodingKey { case event, host }

    /// Decodes by the field `event`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .event) {
        case .begun: self = .begun(try JournalEntry.Begun(from: decoder))
        case .resumed: self = .resumed(try JournalEntry.Resumed(from: decoder))
        case .launched: self = .launched(try JournalEntry.Launch(from: decoder))
        case .host: self = .host(try JournalEntry.HostChange(from: decoder))
        case .environment:
            self = .environment(
                try container.decode(HostID.self, forKey: .host), try Message.EnvironmentState(from: decoder))
        case .ordered: self = .ordered(try JournalEntry.Order(from: decoder))
        case .started:
            self = .started(try container.decode(HostID.self, forKey: .host), try Message.Started(from: decoder))
        case .result: self = .result(try JournalEntry.ResultLine(from: decoder))
        case .settled: self = .settled(try JournalEntry.Settled(from: decoder))
        case .ended: self = .ended(try JournalEntry.Ended(from: decoder))
        }
    }

    /// Encodes the payload's fields beside the field `event`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .begun(let value): try encode(.begun, value, into: &container, encoder)
        case .resumed(let value): try encode(.resumed, value, into: &container, encoder)
        case .launched(let value): try encode(.launched, value, into: &container, encoder)
        case .host(let value): try encode(.host, value, into: &container, encoder)
        case .environment(let host, let value):
            try container.encode(host, forKey: .host)
            try encode(.environment, value, into: &container, encoder)
        case .ordered(let value): try encode(.ordered, value, into: &container, encoder)
        case .started(let host, let value):
            try container.encode(host, forKey: .host)
            try encode(.started, value, into: &container, encoder)
        case .result(let value): try encode(.result, value, into: &container, encoder)
        case .settled(let value): try encode(.settled, value, into: &container, encoder)
        case .ended(let value): try encode(.ended, value, into: &container, encoder)
        }
    }

    private func encode(
        _ kind: Kind, _ value: some Encodable, into container: inout KeyedEncodingContainer<CodingKeys>,
        _ encoder: any Encoder
    ) throws {
        try container.encode(kind, forKey: .event)
        try value.encode(to: encoder)
    }
}

extension JournalEntry {
    private enum CodingKeys: String, CodingKey { case time }

    /// Decodes one line of the journal.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(time: try container.decode(String.self, forKey: .time), event: try Event(from: decoder))
    }

    /// Encodes the time beside the fields of the event.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(time, forKey: .time)
        try event.encode(to: encoder)
    }
}
