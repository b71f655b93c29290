import FleetModel

/// The ranges of fields, as PROTOCOL.md gives them; each check throws `bad-field` with the path of the field.
enum Check {
    /// A number that counts from 0.
    static func count(_ value: Int, _ field: String) throws(MalformedLine) {
        guard (0...ProtocolVersion.maximumInteger).contains(value) else { throw .field(field, "is out of range") }
    }

    /// A number that counts from 1.
    static func number(_ value: Int, _ field: String) throws(MalformedLine) {
        guard (1...ProtocolVersion.maximumInteger).contains(value) else { throw .field(field, "is out of range") }
    }

    /// An attempt and the lease that it belongs to.
    static func order(_ attempt: AttemptID, _ epoch: Epoch) throws(MalformedLine) {
        try number(attempt.rawValue, "attempt")
        try number(epoch.rawValue, "epoch")
    }

    /// A lane and a slot of one host.
    static func place(lane: Int, slot: Int = 0) throws(MalformedLine) {
        guard (0..<ProtocolVersion.maximumSlots).contains(lane) else { throw .field("lane", "is out of range") }
        guard (0..<ProtocolVersion.maximumSlots).contains(slot) else { throw .field("slot", "is out of range") }
    }

    /// A count of slots, which may be none.
    static func slots(_ value: Int, _ field: String) throws(MalformedLine) {
        guard (0...ProtocolVersion.maximumSlots).contains(value) else { throw .field(field, "is out of range") }
    }

    /// A duration: finite, not negative, at most 1,000,000,000 seconds.
    static func seconds(_ value: Double, _ field: String) throws(MalformedLine) {
        guard value >= 0, value <= 1e9 else { throw .field(field, "is out of range") }
    }

    /// A digest, nonce or code.
    static func hexadecimal(_ value: String, _ field: String) throws(MalformedLine) {
        guard value.utf8.count == 64, Hexadecimal.decode(value) != nil else {
            throw .field(field, "is not 64 hexadecimal digits in lower case")
        }
    }

    /// A path, or a pattern of paths, below a directory.
    static func path(_ value: String, _ field: String) throws(MalformedLine) {
        guard RelativePath.isSafe(value) else { throw .field(field, "is not a path below its directory") }
    }

    /// An entry of the catalogue.
    static func candidate(_ test: TestCase, _ field: String) throws(MalformedLine) {
        if let estimate = test.estimate { try seconds(estimate, field + ".estimate") }
        guard test.timeout > 0 else { throw .field(field + ".timeout", "is out of range") }
        try seconds(test.timeout, field + ".timeout")
        guard (1...ProtocolVersion.maximumSlots).contains(test.weight) else {
            throw .field(field + ".weight", "is out of range")
        }
        if case .command(let command) = test.kind { try self.command(command, field) }
    }

    private static func command(_ command: CommandSpecification, _ field: String) throws(MalformedLine) {
        let words =
            switch command.command {
            case .arguments(let arguments): arguments
            case .shell(let line): [line]
            }
        for word in words { try text(word, field + ".command") }
        for (name, value) in command.variables {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
                throw .field(field + ".variables", "has a bad name")
            }
            try text(name, field + ".variables")
            try text(value, field + ".variables")
        }
        for pattern in command.artifacts { try path(pattern, field + ".artifacts") }
        if let pack = command.pack { try hexadecimal(pack, field + ".pack") }
    }

    /// A text that becomes a C string: a NUL would cut it short unseen.
    private static func text(_ value: String, _ field: String) throws(MalformedLine) {
        guard !value.utf8.contains(0) else { throw .field(field, "contains a NUL") }
    }
}
