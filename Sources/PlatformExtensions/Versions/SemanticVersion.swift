/// A version by Semantic Versioning 2.0 (semver.org): `1.28.0`, `2.0.0-rc.1`, `1.0.0+build.5`.
public struct SemanticVersion: Sendable, Hashable {
    /// The first number: a change of it breaks callers.
    public let major: Int
    /// The second number.
    public let minor: Int
    /// The third number.
    public let patch: Int
    /// What stands behind `-`; empty for a release.
    public let preRelease: [Identifier]
    /// What stands behind `+`, without it; empty when there is none. It never decides which version is newer.
    public let build: String

    /// One part of a pre-release.
    public enum Identifier: Sendable, Hashable {
        /// Only digits.
        case number(Int)
        /// Anything else.
        case text(String)
    }

    /// A version of these parts.
    public init(_ major: Int, _ minor: Int, _ patch: Int, preRelease: [Identifier] = [], build: String = "") {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.preRelease = preRelease
        self.build = build
    }

    /// The version that the text spells, nil when it is none: `v1.0.0`, `1.2` and `01.0.0` are none.
    public init?(_ text: String) {
        let halves = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = halves.first else { return nil }
        let parts = first.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        var preRelease: [Identifier] = []
        if parts.count > 1 {
            guard let identifiers = Self.identifiers(parts[1]) else { return nil }
            preRelease = identifiers
        }
        if halves.count > 1 {
            guard Self.words(halves[1]) != nil else { return nil }
        }
        self.init(major, minor, patch, preRelease: preRelease, build: halves.count > 1 ? String(halves[1]) : "")
    }

    /// True for `1.0.0`, false for `1.0.0-rc.1`.
    public var isStable: Bool { preRelease.isEmpty }

    /// True when both are of the same `major.minor.patch`.
    func hasNumbers(of other: SemanticVersion) -> Bool {
        (major, minor, patch) == (other.major, other.minor, other.patch)
    }
}

extension SemanticVersion {
    /// Digits without a leading zero, at most as many as every reader of JSON takes.
    static func number(_ text: Substring) -> Int? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), text == "0" || !text.hasPrefix("0")
        else { return nil }
        return Int(text)
    }

    /// The identifiers of a pre-release, nil when one is wrong.
    static func identifiers(_ text: Substring) -> [Identifier]? {
        guard let words = words(text) else { return nil }
        var identifiers: [Identifier] = []
        for word in words {
            if word.utf8.allSatisfy(isDigit) {
                guard let number = number(word) else { return nil }
                identifiers.append(.number(number))
            } else {
                identifiers.append(.text(String(word)))
            }
        }
        return identifiers
    }

    /// The parts between dots, nil when one is empty or has a character that is neither letter, digit nor hyphen.
    private static func words(_ text: Substring) -> [Substring]? {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        return words.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isWordCharacter) } ? words : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isWordCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): true
        default: isDigit(byte)
        }
    }
}

extension SemanticVersion: Comparable {
    /// By precedence; versions that differ in the build alone are ordered by its text, so that an order is always the same.
    public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        switch left.precedence(over: right) {
        case 0: left.build < right.build
        case let order: order < 0
        }
    }

    /// Negative when this version is older, positive when it is newer, 0 when neither is (semver 2.0, rule 11).
    public func precedence(over other: SemanticVersion) -> Int {
        for (mine, theirs) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where mine != theirs {
            return mine < theirs ? -1 : 1
        }
        // A release is newer than its pre-releases.
        if isStable || other.isStable { return (isStable ? 1 : 0) - (other.isStable ? 1 : 0) }
        for (mine, theirs) in zip(preRelease, other.preRelease) where mine != theirs { return mine < theirs ? -1 : 1 }
        return preRelease.count - other.preRelease.count
    }
}

extension SemanticVersion.Identifier: Comparable {
    /// Numbers by value and before texts, texts by their bytes.
    public static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}

extension SemanticVersion: CustomStringConvertible, Codable {
    /// As it was spelled.
    public var description: String {
        let parts = preRelease.map { identifier in
            switch identifier {
            case .number(let number): "\(number)"
            case .text(let text): text
            }
        }
        return "\(major).\(minor).\(patch)" + (parts.isEmpty ? "" : "-" + parts.joined(separator: "."))
            + (build.isEmpty ? "" : "+\(build)")
    }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let version = SemanticVersion(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is no version by semver 2.0, as 1.28.0 is")
        }
        self = version
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
