import Foundation
import PlatformService
import Testing

/// Rules that look at who asks beside his role.
struct PrincipalPolicyTests {
    private func request(_ principal: Principal, _ action: Action, _ resource: AccessRequest.Resource) -> AccessRequest
    {
        let noon = Timestamp(Date(timeIntervalSince1970: 12 * 3600))
        return AccessRequest(principal, action, resource, .init(address: "127.0.0.1", time: noon, approvalID: "CHG-1"))
    }

    @Test func developersStayOutOfEachOthersWorkspaces() {
        let resource = AccessRequest.Resource(.server, name: "web", workspace: "shop", owner: "bob")
        for role in Role.allCases {
            let caller = Principal(name: "ada", roles: [role], mfaVerified: true)
            let decision = PolicyTests.policy.decide(request(caller, .read, resource))
            #expect(decision.isAllowed == (role != .developer), "\(role): \(decision)")
        }
        for caller in [
            Principal(name: "bob", roles: [.developer]), Principal(name: "ada", roles: [.developer], workspace: "shop"),
        ] {
            for action in Action.allCases where action != .admin {
                #expect(PolicyTests.allows(request(caller, action, resource)), "\(caller.name) \(action)")
            }
        }
    }

    @Test func aBoundLoginStaysInItsWorkspace() {
        for role in Role.allCases {
            let caller = Principal(name: "ada", roles: [role], workspace: "shop", mfaVerified: true)
            let other = PolicyTests.policy.decide(request(caller, .read, .init(.server, workspace: "bank")))
            #expect(other.rule == "workspace-binding")
            #expect(PolicyTests.allows(request(caller, .read, .init(.server, workspace: "shop"))))
        }
    }

    @Test func serviceAccountsAutomateAndDoNotAdminister() {
        let account = Principal(name: "ci", roles: [.admin], isServiceAccount: true)
        for tier in Tier.allCases {
            for action in Action.allCases {
                let isAllowed = PolicyTests.allows(request(account, action, .init(.server, tier: tier)))
                #expect(isAllowed == (action != .admin && action != .ssh), "\(action) \(tier)")
            }
        }
        for kind in [ResourceKind.user, .team, .serviceAccount, .session] {
            for action in [Action.create, .update, .delete, .admin] {
                #expect(!PolicyTests.allows(request(account, action, .init(kind))))
            }
        }
        // No second factor is asked of a program, an approval is.
        var removal = request(account, .delete, .init(.server, tier: .production))
        removal.context.isDELETE = true
        #expect(PolicyTests.allows(removal))
        removal.context.approvalID = nil
        #expect(PolicyTests.policy.decide(removal).rule == "production-approval")
    }

    @Test func theSecurityTeamLocksDownAndLooks() {
        let caller = Principal(name: "eve", roles: [], teams: [.security], mfaVerified: true)
        for kind in ResourceKind.allCases {
            for action in Action.allCases {
                let looks = [Action.read, .list, .monitor].contains(action) && kind != .secret && kind != .key
                let locks = kind == .session && [.update, .delete].contains(action)
                #expect(
                    PolicyTests.allows(request(caller, action, .init(kind))) == (looks || locks), "\(kind) \(action)")
            }
        }
    }

    @Test func permissionsHaveTheDocumentedForm() {
        let policy = PolicyTests.policy
        #expect(policy.permissions(of: [.viewer]).contains("server_read"))
        #expect(!policy.permissions(of: [.viewer]).contains("server_create"))
        #expect(policy.permissions(of: [.developer]).contains("server_create"))
        #expect(Set(policy.permissions(of: [.viewer])).isSubset(of: policy.permissions(of: [.viewer, .operator])))
        #expect(policy.permissions(of: []).isEmpty)
    }
}
