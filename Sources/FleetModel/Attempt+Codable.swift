extension BoundedText: Codable {
    private enum CodingKeys: String, CodingKey { case head, tail, cutBytes }

    /// Decodes text; what is left out is empty.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            head: try container.decode(.head, default: ""), tail: try container.decode(.tail, default: ""),
            cutBytes: try container.decode(.cutBytes, default: 0))
    }

    /// Encodes the head, and the tail and the size of the cut when something was cut.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(head, forKey: .head)
        guard !tail.isEmpty || cutBytes != 0 else { return }
        try container.encode(tail, forKey: .tail)
        try container.encode(cutBytes, forKey: .cutBytes)
    }
}

extension AttemptResult: Decodable {
    private enum Field: String, CodingKey {
        case outcome, cause, seconds, message, failure, output, artifacts, serviceLogs, leaks
    }

    /// Decodes a result; only `outcome` and `seconds` have no default.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        self.init(
            outcome: try container.decode(Outcome.self, forKey: .outcome),
            cause: try container.decode(.cause, default: .test),
            seconds: try container.decode(Double.self, forKey: .seconds),
            message: try container.decodeIfPresent(String.self, forKey: .message),
            failure: try container.decodeIfPresent(Failure.self, forKey: .failure),
            output: try container.decode(.output, default: BoundedText()),
            artifacts: try container.decode(.artifacts, default: []),
            serviceLogs: try container.decode(.serviceLogs, default: []),
            leaks: try container.decodeIfPresent([String].self, forKey: .leaks))
    }
}
