import Foundation
import PlatformService
import Testing

/// The policy against a table that was written down apart from it.
struct PolicyTests {
    /// create, delete, update, read, list, deploy, rollback, ssh, execute, monitor, admin: `y` where everything is in order
    /// (second factor, approval, noon, corporate network).
    static let table: [(tier: Tier, rows: [Role: String])] = [
        (
            .development,
            [
                .admin: "yyyyyyyyyyy", .operator: "yyyyyyyyyy-", .developer: "yyyyyyyyyy-", .viewer: "---yy----y-",
                .auditor: "---yy----y-",
            ]
        ),
        (
            .staging,
            [
                .admin: "yyyyyyyyyyy", .operator: "yyyyyyyyyy-", .developer: "y-yyyyy-yy-", .viewer: "---yy----y-",
                .auditor: "---yy----y-",
            ]
        ),
        (
            .production,
            [
                .admin: "yyyyyyyyyyy", .operator: "yyyyyyyyyy-", .developer: "---yy----y-", .viewer: "---yy----y-",
                .auditor: "---yy----y-",
            ]
        ),
    ]

    static let policy = Policy()

    /// A request in which everything is in order.
    static func request(
        _ role: Role?, _ action: Action, _ tier: Tier = .development, kind: ResourceKind = .server,
        mfa: Bool = true, approval: String? = "CHG-1", hour: Double = 12, address: String? = "10.1.2.3"
    ) -> AccessRequest {
        AccessRequest(
            Principal(name: "ada", roles: Set([role].compactMap(\.self)), mfaVerified: mfa), action,
            .init(kind, tier: tier),
            .init(
                address: address, time: Timestamp(Date(timeIntervalSince1970: hour * 3600)), approvalID: approval))
    }

    static func allows(_ request: AccessRequest) -> Bool { policy.decide(request).isAllowed }

    @Test func everyRoleDoesWhatTheTableSaysInEveryTier() {
        for (tier, rows) in Self.table {
            for role in Role.allCases {
                for (action, expected) in zip(Action.allCases, rows[role] ?? "") {
                    let decision = Self.policy.decide(Self.request(role, action, tier))
                    #expect(decision.isAllowed == (expected == "y"), "\(role) \(action) \(tier): \(decision)")
                }
            }
        }
        #expect(Self.table.allSatisfy { $0.rows.values.allSatisfy { $0.count == Action.allCases.count } })
    }

    @Test func whoHasNoRoleMayDoNothing() {
        for tier in Tier.allCases {
            for action in Action.allCases {
                #expect(Self.policy.decide(Self.request(nil, action, tier)).rule == "default")
            }
        }
    }

    @Test func aHigherRoleMayWhateverALowerOneMay() {
        let ladder: [Role] = [.viewer, .developer, .operator, .admin]
        for (lower, higher) in zip(ladder, ladder.dropFirst()) {
            for kind in ResourceKind.allCases {
                for tier in Tier.allCases {
                    for action in Action.allCases where Self.allows(Self.request(lower, action, tier, kind: kind)) {
                        #expect(Self.allows(Self.request(higher, action, tier, kind: kind)), "\(higher) \(kind)")
                    }
                }
            }
        }
    }

    @Test func onlyAdministratorsManageUsers() {
        for kind in [ResourceKind.user, .team, .serviceAccount, .platform] {
            for action in Action.allCases {
                for role in Role.allCases where role != .admin && role != .auditor {
                    #expect(!Self.allows(Self.request(role, action, kind: kind)), "\(role) \(action) \(kind)")
                }
                #expect(Self.allows(Self.request(.admin, action, kind: kind)))
                let looks = [Action.read, .list, .monitor].contains(action)
                #expect(Self.allows(Self.request(.auditor, action, kind: kind)) == looks)
            }
        }
    }

    @Test func secretsAreNotForThoseWhoLook() {
        for kind in [ResourceKind.secret, .key, .kms] {
            for role in [Role.viewer, .auditor] {
                for action in Action.allCases { #expect(!Self.allows(Self.request(role, action, kind: kind))) }
            }
        }
    }

    @Test func theSecondFactorIsAskedForWhereThePagesSay() {
        for role in Role.allCases {
            for action in Action.allCases {
                let without = { (tier: Tier) in Self.request(role, action, tier, mfa: false) }
                #expect(Self.policy.decideMFA(without(.development)).isAllowed)
                #expect(Self.policy.decide(without(.staging)).rule == "staging-mfa")
                let isDeployment = action == .deploy || action == .rollback
                #expect(Self.policy.decideMFA(without(.production)).isAllowed != isDeployment)
            }
        }
        var removal = Self.request(.admin, .delete, mfa: false)
        #expect(Self.allows(removal))
        removal.context.isDELETE = true
        #expect(Self.policy.decide(removal).rule == "delete-mfa")
    }

    @Test func productionIsApprovedAndInTime() {
        for action in Action.allCases {
            let needsApproval = [Action.deploy, .rollback, .delete].contains(action)
            for approval in [nil, ""] as [String?] {
                let decision = Self.policy.decide(Self.request(.admin, action, .production, approval: approval))
                #expect(decision.isAllowed != needsApproval, "\(action): \(decision)")
            }
            let looks = [Action.read, .list, .monitor].contains(action)
            for (hour, isOpen) in [(7.99, false), (8, true), (17.99, true), (18, false), (0, false), (23.9, false)] {
                let decision = Self.policy.decide(Self.request(.operator, action, .production, hour: hour))
                #expect(decision.isAllowed == ((isOpen || looks) && action != .admin), "\(action) \(hour): \(decision)")
                #expect(Self.allows(Self.request(.operator, action, .staging, hour: hour)) == (action != .admin))
            }
        }
    }

    @Test func anEmergencyOpensProductionAtNightForFourActionsOfTwoTeams() {
        for role in Role.allCases {
            for action in Action.allCases {
                let request = Self.request(role, action, .production, approval: "EMERGENCY-7", hour: 3)
                let opens =
                    [.admin, .operator].contains(role) && [.deploy, .delete, .rollback, .update].contains(action)
                let looks = [Action.read, .list, .monitor].contains(action)
                #expect(Self.allows(request) == (opens || looks), "\(role) \(action)")
            }
        }
    }

    @Test func productionIsReachedFromCorporateNetworksOnly() {
        for action in Action.allCases {
            for address in ["8.8.8.8", "2001:db8::1", nil, "no address"] {
                let decision = Self.policy.decide(Self.request(.admin, action, .production, address: address))
                #expect(decision.rule == "production-network")
                #expect(Self.allows(Self.request(.admin, action, .staging, address: address)))
            }
        }
        let own = Policy(corporateNetworks: [AddressRange("203.0.113.0/24")].compactMap(\.self))
        #expect(own.decide(Self.request(.admin, .read, .production, address: "203.0.113.9")).isAllowed)
        #expect(!own.decide(Self.request(.admin, .read, .production, address: "10.1.2.3")).isAllowed)
    }

    @Test func forcedDeletionOfProductionIsAnEmergency() {
        for (approval, tier, isAllowed) in [
            ("CHG-1", Tier.production, false), ("EMERGENCY-1", .production, true), ("CHG-1", .staging, true),
            ("CHG-1", .development, true),
        ] {
            var request = Self.request(.operator, .delete, tier, approval: approval)
            request.context.isForced = true
            #expect(Self.allows(request) == isAllowed, "\(approval) \(tier)")
        }
    }

    @Test func clustersInDevelopmentAreSmall() {
        for (nodes, tier, isAllowed) in [(5, Tier.development, true), (6, .development, false), (6, .staging, true)] {
            var request = Self.request(.developer, .deploy, tier, kind: .cluster)
            request.resource.nodeCount = nodes
            #expect(Self.allows(request) == isAllowed, "\(nodes) \(tier)")
        }
    }
}
