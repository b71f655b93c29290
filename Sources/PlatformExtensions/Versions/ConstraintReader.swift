import PlatformService

/// Reads the text of a constraint.
struct ConstraintReader {
    private let text: String

    init(_ text: String) { self.text = text }

    /// The alternatives. Throws when the text is no constraint.
    func read() throws(PlatformError) -> [[VersionCondition]] {
        guard text.utf8.count <= 256 else { throw wrong("it is longer than 256 characters") }
        let alternatives = text.replacing(",", with: " ").split(separator: "||", omittingEmptySubsequences: false)
        var result: [[VersionCondition]] = []
        for alternative in alternatives { result.append(try conditions(alternative)) }
        return result
    }

    private func conditions(_ text: Substring) throws(PlatformError) -> [VersionCondition] {
        let words = joined(text.split(whereSeparator: \.isWhitespace).map(String.init))
        if let dash = words.firstIndex(of: "-") {
            guard words.count == 3, dash == 1 else { throw wrong("a range is written \"1.0 - 2.0\", alone") }
            return try version(words[0]).from + version(words[2]).upTo
        }
        var result: [VersionCondition] = []
        for word in words { result += try condition(word) }
        return result
    }

    /// `>= 1.0` may have a space behind its sign.
    private func joined(_ words: [String]) -> [String] {
        words.reduce(into: []) { result, word in
            if let last = result.last, last.allSatisfy({ "<>=^~".contains($0) }), !last.isEmpty {
                result[result.count - 1] = last + word
            } else {
                result.append(word)
            }
        }
    }

    private func condition(_ word: String) throws(PlatformError) -> [VersionCondition] {
        if word == "latest" { return [] }
        let sign = word.prefix { "<>=^~".contains($0) }
        let version = try version(String(word.dropFirst(sign.count)))
        return switch sign {
        case "", "=": version.same
        case "^": version.compatible
        case "~", "~>": version.near
        case "<": version.below
        case "<=": version.upTo
        case ">": version.above
        case ">=": version.from
        default: throw wrong("\"\(sign)\" is no sign")
        }
    }

    private func version(_ word: String) throws(PlatformError) -> PartialVersion {
        guard let version = PartialVersion(word) else { throw wrong("\"\(word)\" is no version") }
        return version
    }

    private func wrong(_ why: String) -> PlatformError {
        PlatformError(
            .invalid,
            "\"\(text)\" is no version constraint: \(why); write for example ^1.2, ~1.28.0, >=1.0 <2.0 or 1.x || 3.x")
    }
}

/// A version of which the last numbers may be left open: `1`, `1.2`, `1.x`, `*`, `1.2.3-rc.1`.
private struct PartialVersion {
    private let numbers: [Int]
    private let preRelease: [SemanticVersion.Identifier]

    init?(_ word: String) {
        if let whole = SemanticVersion(word) {
            numbers = [whole.major, whole.minor, whole.patch]
            preRelease = whole.preRelease
            return
        }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let open: Set<Substring> = ["x", "X", "*"]
        let known = parts.prefix { !open.contains($0) }
        let numbers = known.compactMap(SemanticVersion.number)
        // Nothing but open parts may follow an open part.
        guard (1...3).contains(parts.count), numbers.count == known.count, numbers.count < 3,
            parts.dropFirst(known.count).allSatisfy(open.contains)
        else { return nil }
        self.numbers = numbers
        preRelease = []
    }

    /// The smallest version that it stands for.
    private var lowest: SemanticVersion {
        SemanticVersion(number(0), number(1), number(2), preRelease: preRelease)
    }

    private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }

    /// The smallest of all versions above those that share the first `count` numbers; nil when that is none.
    private func next(_ count: Int) -> SemanticVersion? {
        guard count > 0 else { return nil }
        let kept = (0..<3).map { $0 < count ? number($0) : 0 }
        return SemanticVersion(
            count == 1 ? kept[0] + 1 : kept[0], count == 2 ? kept[1] + 1 : kept[1], count == 3 ? kept[2] + 1 : kept[2],
            preRelease: [.number(0)])
    }

    private func range(to end: SemanticVersion?) -> [VersionCondition] {
        guard let end else { return [] }
        return [VersionCondition(.greaterOrEqual, lowest), VersionCondition(.less, end)]
    }

    /// No version is below the lowest of all.
    private static let never = [VersionCondition(.less, SemanticVersion(0, 0, 0, preRelease: [.number(0)]))]

    var same: [VersionCondition] {
        numbers.count == 3 ? [VersionCondition(.equal, lowest)] : range(to: next(numbers.count))
    }

    /// `^`: the first number that is not 0 stays.
    var compatible: [VersionCondition] {
        let fixed = numbers.firstIndex { $0 != 0 }.map { $0 + 1 } ?? numbers.count
        return range(to: next(fixed))
    }

    /// `~`: the second number stays, or the first where it is alone.
    var near: [VersionCondition] { range(to: next(min(2, numbers.count))) }

    var from: [VersionCondition] { numbers.isEmpty ? [] : [VersionCondition(.greaterOrEqual, lowest)] }

    var below: [VersionCondition] {
        guard !numbers.isEmpty else { return Self.never }
        let bound = SemanticVersion(
            number(0), number(1), number(2), preRelease: numbers.count == 3 ? preRelease : [.number(0)])
        return [VersionCondition(.less, bound)]
    }

    var upTo: [VersionCondition] {
        if numbers.count == 3 { return [VersionCondition(.lessOrEqual, lowest)] }
        return next(numbers.count).map { [VersionCondition(.less, $0)] } ?? []
    }

    var above: [VersionCondition] {
        if numbers.count == 3 { return [VersionCondition(.greater, lowest)] }
        guard let end = next(numbers.count) else { return Self.never }
        return [VersionCondition(.greaterOrEqual, SemanticVersion(end.major, end.minor, end.patch))]
    }
}
