/// The written form is flat: `"kind": "builtin"`, or `"kind": "command"` with the fields of the command beside it.
extension TestCase: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, title, modes, estimate, timeout, isolation, tags, mutex, weight, repeatable, kind
    }

    private enum KindName: String, Codable { case builtin, command }

    /// Decodes an entry; only `id` has no default, and a command needs its field `command`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let id = try container.decode(TestID.self, forKey: .id)
        let kind: Kind =
            switch try container.decode(.kind, default: KindName.builtin) {
            case .builtin: .builtin
            case .command: .command(try CommandSpecification(from: decoder))
            }
        self.init(
            id: id, title: try container.decode(.title, default: id.description),
            modes: try container.decode(.modes, default: []),
            estimate: try container.decodeIfPresent(Double.self, forKey: .estimate),
            timeout: try container.decode(.timeout, default: 300),
            isolation: try container.decode(.isolation, default: .shared),
            tags: try container.decode(.tags, default: []),
            mutex: try container.decodeIfPresent(String.self, forKey: .mutex),
            weight: try container.decode(.weight, default: 1),
            isRepeatable: try container.decode(.repeatable, default: false), kind: kind)
    }

    /// Encodes every field that has a value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(title, forKey: .title)
        try container.encode(modes, forKey: .modes)
        try container.encodeIfPresent(estimate, forKey: .estimate)
        try container.encode(timeout, forKey: .timeout)
        try container.encode(isolation, forKey: .isolation)
        try container.encode(tags, forKey: .tags)
        try container.encodeIfPresent(mutex, forKey: .mutex)
        try container.encode(weight, forKey: .weight)
        try container.encode(isRepeatable, forKey: .repeatable)
        switch kind {
        case .builtin:
            try container.encode(KindName.builtin, forKey: .kind)
        case .command(let specification):
            try container.encode(KindName.command, forKey: .kind)
            try specification.encode(to: encoder)
        }
    }
}

extension CommandSpecification: Codable {
    private enum CodingKeys: String, CodingKey { case command, variables, artifacts, pack }

    /// Decodes a command; only `command` has no default.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            command: try container.decode(Command.self, forKey: .command),
            variables: try container.decode(.variables, default: [:]),
            artifacts: try container.decode(.artifacts, default: []),
            pack: try container.decodeIfPresent(String.self, forKey: .pack))
    }

    /// Encodes every field that has a value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(command, forKey: .command)
        try container.encode(variables, forKey: .variables)
        try container.encode(artifacts, forKey: .artifacts)
        try container.encodeIfPresent(pack, forKey: .pack)
    }
}

/// The written form is a list of arguments, or one string for `/bin/sh -c`, as in a suite file.
extension CommandSpecification.Command: Codable {
    /// Decodes a list or a string; neither may be empty, nor may the name of the program.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let line = try? container.decode(String.self) {
            self = .shell(line)
        } else {
            self = .arguments(try container.decode([String].self))
        }
        guard isRunnable else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "the command is empty")
        }
    }

    /// Encodes a list or a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .arguments(let arguments): try container.encode(arguments)
        case .shell(let line): try container.encode(line)
        }
    }

    /// Whether there is something to start: a program's name, or a line that is not blank.
    public var isRunnable: Bool {
        switch self {
        case .arguments(let arguments): arguments.first?.isEmpty == false
        case .shell(let line): line.contains { !$0.isWhitespace }
        }
    }
}
