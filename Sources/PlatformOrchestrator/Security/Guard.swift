import Crypto
import InterfaceProfile
import Logging
import PlatformService

/// Who may enter the orchestrator, who owns what, and the record of what was done.
struct Guard: Sendable {
    let book: ResourceBook
    let audit: AuditLog
    let pseudonyms: SymmetricKey
    let policy: Policy
    /// Nil in solo mode.
    let verifier: TokenVerifier?
    let shipper: AuditShipper?
    private let gate: SecurityGate?

    init(_ settings: OrchestratorSettings, data: String, logger: Logger) async throws {
        book = try ResourceBook(directory: "\(data)/resources")
        audit = try AuditLog(directory: "\(data)/audit", service: "orchestrator")
        pseudonyms = try SecretKeyFile.ensure("\(data)/audit/pseudonyms.key")
        shipper = try await settings.audit.shipper(
            of: audit, key: pseudonyms, cursor: "\(data)/audit/shipped", logger: logger)
        policy = settings.security?.policy ?? Policy()
        let center = InterfaceProfile.standard.controlCenter
        let verifier = settings.security.map {
            TokenVerifier(controlCenter: $0.controlCenter, keysPath: center.keys, revocationsPath: center.revocations)
        }
        self.verifier = verifier
        let book = book
        gate = verifier.flatMap { verifier in
            settings.security?.gate(verifier, lookup: { book.facts($0, $1) })
        }
    }

    /// The middleware of every route.
    var chain: SecurityChain { SecurityChain(gate: gate, map: OrchestratorAccess.map, audit: audit) }

    /// Whether a caller may see a thing of a list.
    func shows(_ kind: ResourceKind, _ name: String, to caller: Principal) -> Bool {
        guard verifier != nil, let facts = book.facts(kind, name) else { return true }
        let resource = AccessRequest.Resource(
            kind, name: name, workspace: facts.workspace, owner: facts.owner, tier: .development)
        return policy.decide(AccessRequest(caller, .read, resource, .init(time: .now()))).isAllowed
    }
}
