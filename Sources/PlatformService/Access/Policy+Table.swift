/// The table. Names are what a denial and the audit log quote. The rules of the tiers are documented; where the pages are
/// silent, the comment says what we chose.
extension Policy {
    private static let looking: Set<Action> = [.read, .list, .monitor]
    private static let writing: Set<Action> = [.create, .update, .delete]
    private static let deploying: Set<Action> = [.deploy, .rollback]
    private static let everything = Set(Action.allCases)
    private static let ordinary = Set(ResourceKind.allCases).subtracting(ResourceKind.administrative)

    static let table = permits + forbids

    private static let permits: [Rule] = [
        permit("platform-admin-unrestricted", .platformAdmin, everything, kinds: Set(ResourceKind.allCases)),
        permit("sre-infrastructure", .sre, everything.subtracting([.admin])),
        permit("developers-development", .developers, everything.subtracting([.admin]), [.development]),
        // Ours: the pages give developers development, and say nothing of staging but that it needs MFA.
        permit(
            "developers-staging", .developers, looking.union(deploying).union([.create, .update, .execute]), [.staging]),
        permit("developers-look", .developers, looking),
        permit("viewers-look", .viewers, looking, kinds: ordinary.subtracting([.secret, .key, .kms])),
        permit("audit-look", .audit, looking, kinds: Set(ResourceKind.allCases).subtracting([.secret, .key, .kms])),
        permit("security-look", .security, looking, kinds: Set(ResourceKind.allCases).subtracting([.secret, .key])),
        permit("security-lock-down", .security, [.delete, .update], kinds: [.session]),
    ]

    private static let forbids: [Rule] = [
        forbid("delete-mfa", everything, stage: .mfa, if: [.byDELETE, .withoutMFA], "a DELETE needs a second factor"),
        forbid("staging-mfa", everything, [.staging], stage: .mfa, if: [.withoutMFA], "staging needs a second factor"),
        forbid(
            "production-mfa", deploying, [.production], stage: .mfa, if: [.withoutMFA],
            "a deployment to production needs a second factor"),
        forbid(
            "production-approval", deploying.union([.delete]), [.production], if: [.withoutApproval],
            "a deployment or deletion in production needs an approval; give its id as approval_id"),
        forbid(
            "production-hours", writing.union(deploying).union([.ssh, .execute, .admin]), [.production],
            if: [.outsideWorkingHours, .withoutEmergency],
            "production is changed from 08:00 to 18:00 UTC, but for approvals that start with EMERGENCY-"),
        forbid(
            "production-network", everything, [.production], if: [.outsideCorporateNetworks],
            "production is reached from the corporate networks only"),
        forbid(
            "production-ssh", [.ssh], [.production], if: [.noneOf([.platformAdmin, .sre])],
            "SSH to production is for platform-admin and sre"),
        forbid(
            "production-force", [.delete], [.production], if: [.forced, .withoutEmergency],
            "a forced deletion in production needs an approval that starts with EMERGENCY-"),
        forbid(
            "development-cluster-size", [.create, .deploy, .update], [.development], kinds: [.cluster],
            if: [.moreNodes(than: 5)], "a cluster in development has at most 5 nodes"),
        // Ours: who is no operator sees the workspaces that he owns or is bound to; viewers and auditors look at all.
        forbid(
            "workspace-isolation", everything,
            if: [.foreignWorkspace, .noneOf([.platformAdmin, .sre, .viewers, .audit, .security])],
            "the workspace belongs to somebody else"),
        forbid(
            "workspace-binding", everything, if: [.otherWorkspaceThanBound],
            "the login is bound to another workspace"),
        // Ours: an operation of the API server is for who asked for it; others look as they do at workspaces.
        forbid(
            "operation-isolation", everything, kinds: [.operation],
            if: [.ofSomebodyElse, .noneOf([.platformAdmin, .sre, .viewers, .audit, .security])],
            "the operation belongs to somebody else"),
        // Ours: a program cannot give rights away, nor open a shell.
        forbid(
            "service-account-limits", [.admin, .ssh], if: [.byServiceAccount],
            "a service account may neither administer nor use SSH"),
        forbid(
            "service-account-administration", writing, kinds: [.user, .team, .serviceAccount, .session],
            if: [.byServiceAccount], "a service account may not manage users"),
    ]

    private static func permit(
        _ name: String, _ team: Team, _ actions: Set<Action>, _ tiers: Set<Tier> = Set(Tier.allCases),
        kinds: Set<ResourceKind> = ordinary
    ) -> Rule {
        Rule(
            name: name, effect: .permit, stage: .authorisation, teams: [team], actions: actions, tiers: tiers,
            kinds: kinds, conditions: [], words: "")
    }

    private static func forbid(
        _ name: String, _ actions: Set<Action>, _ tiers: Set<Tier> = Set(Tier.allCases),
        kinds: Set<ResourceKind> = Set(ResourceKind.allCases), stage: Rule.Stage = .authorisation,
        if conditions: [Condition], _ words: String
    ) -> Rule {
        Rule(
            name: name, effect: .forbid, stage: stage, teams: Set(Team.allCases), actions: actions, tiers: tiers,
            kinds: kinds,
            conditions: conditions, words: words)
    }
}
