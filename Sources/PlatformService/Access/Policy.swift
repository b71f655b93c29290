#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who may do what: a table of rules, and the one place where it is read.
///
/// As in Cedar: what no rule permits is denied, and what a rule forbids is denied whatever others permit. Pure: everything
/// that counts is in the request.
public struct Policy: Sendable {
    /// One line of the table.
    public struct Rule: Sendable {
        /// Whether it lets through or stops.
        enum Effect: Sendable { case permit, forbid }
        /// Which step of the security chain reads it.
        enum Stage: Sendable { case mfa, authorisation }

        let name: String
        let effect: Effect
        let stage: Stage
        /// Whom it is for.
        let teams: Set<Team>
        let actions: Set<Action>
        let tiers: Set<Tier>
        let kinds: Set<ResourceKind>
        /// All must hold.
        let conditions: [Condition]
        /// What the caller is told when the rule stops him.
        let words: String
    }

    /// What was decided, and by which rule.
    public enum Decision: Sendable, Hashable {
        /// Let through by that rule.
        case allow(rule: String)
        /// Stopped by that rule, for these reasons.
        case deny(rule: String, words: String)

        /// Whether it was let through.
        public var isAllowed: Bool { if case .allow = self { true } else { false } }

        /// The rule's name.
        public var rule: String {
            switch self {
            case .allow(let rule), .deny(let rule, _): rule
            }
        }
    }

    /// Addresses from which production may be touched.
    let networks: [AddressRange]
    let rules: [Rule]

    /// The table of the platform, with the networks that count as the company's own.
    public init(corporateNetworks: [AddressRange] = AddressRange.privateNetworks) {
        networks = corporateNetworks
        rules = Self.table
    }

    /// Decides on the second factor alone, which the chain asks for before anything else.
    public func decideMFA(_ request: AccessRequest) -> Decision {
        if let rule = firstMatch(request, effect: .forbid, stage: .mfa) {
            return .deny(rule: rule.name, words: rule.words)
        }
        return .allow(rule: "mfa")
    }

    /// Decides on everything.
    public func decide(_ request: AccessRequest) -> Decision {
        if case .deny(let rule, let words) = decideMFA(request) { return .deny(rule: rule, words: words) }
        if let rule = firstMatch(request, effect: .forbid, stage: .authorisation) {
            return .deny(rule: rule.name, words: rule.words)
        }
        if let rule = firstMatch(request, effect: .permit, stage: .authorisation) { return .allow(rule: rule.name) }
        let roles = request.principal.allTeams.map(\.rawValue).sorted().joined(separator: ", ")
        return .deny(
            rule: "default",
            words: "\(roles.isEmpty ? "nobody's team" : roles) may not \(request.action.rawValue) "
                + "\(request.resource.kind.rawValue) in \(request.resource.tier.rawValue)")
    }

    /// The permissions of these roles in a development environment, as `resource_action`, sorted.
    public func permissions(of roles: Set<Role>) -> [String] {
        let principal = Principal(name: "", roles: roles, mfaVerified: true)
        let context = AccessRequest.Context(time: Timestamp(.init(timeIntervalSince1970: 12 * 3600)))
        return ResourceKind.allCases.flatMap { kind in
            Action.allCases.filter { decide(AccessRequest(principal, $0, .init(kind), context)).isAllowed }
                .map { "\(kind.rawValue)_\($0.rawValue)" }
        }.sorted()
    }

    private func firstMatch(_ request: AccessRequest, effect: Rule.Effect, stage: Rule.Stage) -> Rule? {
        rules.first { rule in
            rule.effect == effect && rule.stage == stage && rule.actions.contains(request.action)
                && rule.tiers.contains(request.resource.tier) && rule.kinds.contains(request.resource.kind)
                && !rule.teams.isDisjoint(with: request.principal.allTeams)
                && rule.conditions.allSatisfy { $0.holds(for: request, networks: networks) }
        }
    }
}
