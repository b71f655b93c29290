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

    /// Asks the policy once more, when a route knows which things a request touches: about each of them, with all that is
    /// known of it. Throws `.forbidden`.
    ///
    /// - Parameters:
    ///   - action: what is done to them, where that is not what the path says.
    ///   - areNew: whether they are about to be made, so that what is known of their names is of others.
    func check(_ things: [Thing], _ context: ServiceContext, action: Action? = nil, areNew: Bool = false) throws {
        guard let asked = context.question else { return }
        for thing in things {
            let facts = areNew ? nil : book.facts(thing.kind, thing.name)
            var question = asked
            question.action = action ?? asked.action
            question.resource = .init(
                thing.kind, name: thing.name, workspace: facts?.workspace ?? asked.resource.workspace,
                owner: facts?.owner, tier: max(asked.resource.tier, facts?.tier ?? .development),
                nodeCount: thing.nodeCount)
            // In production a key that opens a server is what SSH is.
            if thing.isOpened, question.resource.tier == .production { question.action = .ssh }
            try policy.decide(question).enforce()
        }
    }

    /// Whether a caller may see a thing of a list.
    func shows(_ kind: ResourceKind, _ name: String, to caller: Principal) -> Bool {
        guard verifier != nil, let facts = book.facts(kind, name) else { return true }
        let resource = AccessRequest.Resource(
            kind, name: name, workspace: facts.workspace, owner: facts.owner, tier: .development)
        return policy.decide(AccessRequest(caller, .read, resource, .init(time: .now()))).isAllowed
    }
}
