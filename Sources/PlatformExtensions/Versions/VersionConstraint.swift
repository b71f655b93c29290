public import PlatformService

/// Which versions somebody accepts: `^1.2`, `~1.28.0`, `>=1.0, <2.0`, `1.x || 3.x`, `1.0 - 2.0`, `1.2.3`.
///
/// The language is that of npm's `semver`, with commas as well as spaces between conditions that must all hold. A pre-release is
/// accepted only where a condition names a pre-release of the same three numbers.
public struct VersionConstraint: Sendable, Hashable, CustomStringConvertible {
    /// What somebody wrote.
    public let description: String
    /// One of these must hold; each holds when all its conditions do.
    let alternatives: [[VersionCondition]]

    /// Any release.
    public static let any = VersionConstraint(description: "*", alternatives: [[]])

    /// Exactly that version.
    public static func exactly(_ version: SemanticVersion) -> VersionConstraint {
        VersionConstraint(description: "\(version)", alternatives: [[VersionCondition(.equal, version)]])
    }

    private init(description: String, alternatives: [[VersionCondition]]) {
        self.description = description
        self.alternatives = alternatives
    }

    /// The constraint that the text spells; an empty one, `*` and `latest` accept any release. Throws what is wrong with it.
    public init(parsing text: String) throws(PlatformError) {
        self.init(description: text, alternatives: try ConstraintReader(text).read())
    }

    /// Whether that version is accepted.
    public func allows(_ version: SemanticVersion) -> Bool {
        alternatives.contains { conditions in
            conditions.allSatisfy { $0.holds(for: version) }
                && (version.isStable
                    || conditions.contains { !$0.bound.isStable && $0.bound.hasNumbers(of: version) })
        }
    }

    /// The one version that it accepts, nil when it leaves a choice.
    public var exactVersion: SemanticVersion? {
        guard alternatives.count == 1, alternatives[0].count == 1, alternatives[0][0].relation == .equal else {
            return nil
        }
        return alternatives[0][0].bound
    }

    /// True when it says nothing: any release will do.
    public var acceptsAnyRelease: Bool { alternatives.contains([]) }

    /// The newest of the versions that is accepted.
    public func newest(of versions: some Sequence<SemanticVersion>) -> SemanticVersion? {
        versions.filter(allows).max()
    }
}

extension VersionConstraint: Codable {
    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do { try self.init(parsing: try container.decode(String.self)) } catch let error as PlatformError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// One comparison with a version.
struct VersionCondition: Sendable, Hashable {
    enum Relation: Sendable {
        case less, lessOrEqual, equal, greaterOrEqual, greater
    }

    let relation: Relation
    let bound: SemanticVersion

    init(_ relation: Relation, _ bound: SemanticVersion) {
        self.relation = relation
        self.bound = bound
    }

    func holds(for version: SemanticVersion) -> Bool {
        let order = version.precedence(over: bound)
        return switch relation {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .equal: order == 0
        case .greaterOrEqual: order >= 0
        case .greater: order > 0
        }
    }
}
