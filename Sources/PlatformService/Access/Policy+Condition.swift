#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Policy {
    /// What a rule asks of a request beside team, action, tier and kind.
    enum Condition: Sendable {
        case withoutMFA
        case withoutApproval
        /// No emergency approval, or nobody who may use one for that.
        case withoutEmergency
        case outsideWorkingHours
        case outsideCorporateNetworks
        case forced
        case byDELETE
        case byServiceAccount
        case moreNodes(than: Int)
        /// Something that belongs to somebody else.
        case ofSomebodyElse
        /// A workspace of somebody else, to which the caller is not bound.
        case foreignWorkspace
        /// Another workspace than the one the caller is bound to.
        case otherWorkspaceThanBound
        /// None of these teams.
        case noneOf(Set<Team>)

        func holds(for request: AccessRequest, networks: [AddressRange]) -> Bool {
            let (principal, context, resource) = (request.principal, request.context, request.resource)
            return switch self {
            // A program has no second factor: its secret is long, random, and its own.
            case .withoutMFA: !principal.mfaVerified && !principal.isServiceAccount
            case .withoutApproval: (context.approvalID ?? "").isEmpty
            case .withoutEmergency: !Self.isEmergency(request)
            case .outsideWorkingHours: !(8..<18).contains(context.time.hour)
            case .outsideCorporateNetworks: !networks.contains { $0.contains(context.address ?? "") }
            case .forced: context.isForced
            case .byDELETE: context.isDELETE
            case .byServiceAccount: principal.isServiceAccount
            case .moreNodes(let limit): resource.nodeCount > limit
            case .ofSomebodyElse: Self.isForeign(request)
            case .foreignWorkspace:
                Self.isForeign(request) && principal.workspace != resource.workspace
            case .otherWorkspaceThanBound:
                principal.workspace.map { bound in resource.workspace.map { $0 != bound } ?? false } ?? false
            case .noneOf(let teams): teams.isDisjoint(with: principal.allTeams)
            }
        }

        private static func isForeign(_ request: AccessRequest) -> Bool {
            request.resource.owner.map { $0 != request.principal.name } == true
        }

        private static func isEmergency(_ request: AccessRequest) -> Bool {
            request.context.approvalID?.hasPrefix("EMERGENCY-") == true
                && !request.principal.allTeams.isDisjoint(with: [.platformAdmin, .sre])
                && [.deploy, .delete, .rollback, .update].contains(request.action)
        }
    }
}

extension Timestamp {
    /// Hour of the day in UTC, 0 to 23.
    var hour: Int {
        let second = Int(date.timeIntervalSince1970.rounded(.down)) % 86_400
        return (second + 86_400) % 86_400 / 3600
    }
}
