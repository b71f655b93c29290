/// The name of a host as hosts.txt writes it; unique within a run.
public struct HostID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name itself.
    public let name: String

    /// Wraps a name.
    public init(_ name: String) { self.name = name }

    /// The name itself.
    public var description: String { name }

    /// Orders by name.
    public static func < (left: HostID, right: HostID) -> Bool { left.name < right.name }
}

extension HostID: Codable {
    /// Decodes from one string.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes as one string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

/// The name of a run: lower-case letters, digits and `-`, sortable by start time, safe as a file name.
public struct RunID: Hashable, Sendable, Codable, RawRepresentable, CustomStringConvertible {
    /// The name itself.
    public let rawValue: String

    /// Wraps a name; nil when it is empty, longer than 64 bytes or not safe as a file name.
    public init?(rawValue: String) {
        let allowed = rawValue.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard allowed, (1...64).contains(rawValue.utf8.count) else { return nil }
        self.rawValue = rawValue
    }

    /// The name itself.
    public var description: String { rawValue }
}

/// One execution of one test; the number is unique within a run and is never used again.
public struct AttemptID: Hashable, Sendable, Codable, RawRepresentable, Comparable, CustomStringConvertible {
    /// The number, from 1.
    public let rawValue: Int

    /// Wraps a number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The number.
    public var description: String { "\(rawValue)" }

    /// Orders by number.
    public static func < (left: AttemptID, right: AttemptID) -> Bool { left.rawValue < right.rawValue }
}

/// Which lease of a host a message belongs to; what an older epoch sends is fenced.
public struct Epoch: Hashable, Sendable, Codable, RawRepresentable, Comparable, CustomStringConvertible {
    /// The number, from 1.
    public let rawValue: Int

    /// Wraps a number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The epoch after this one.
    public var next: Epoch { Epoch(rawValue: rawValue + 1) }

    /// The number.
    public var description: String { "\(rawValue)" }

    /// Orders by age, the oldest first.
    public static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }
}
