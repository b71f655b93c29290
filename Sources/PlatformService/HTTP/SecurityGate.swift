public import Hummingbird

/// What stands before the routes of a service that has logins: rate limit, authentication, second factor, authorisation.
public struct SecurityGate: Sendable {
    /// Who a token names. Throws `.unauthorised` or `.unavailable`.
    public typealias Authentication = @Sendable (_ token: String) async throws -> Principal
    /// What the service knows of a thing beside its name; nil when it knows no such thing.
    public typealias Lookup = @Sendable (_ kind: ResourceKind, _ name: String) async -> ResourceFacts?

    private let limiter: RateLimiter
    private let authentication: Authentication
    private let policy: Policy
    private let lookup: Lookup

    /// A gate of these parts.
    public init(
        limiter: RateLimiter, policy: Policy, authentication: @escaping Authentication,
        lookup: @escaping Lookup = { _, _ in nil }
    ) {
        self.limiter = limiter
        self.policy = policy
        self.authentication = authentication
        self.lookup = lookup
    }

    /// Step 1. Throws `.tooManyRequests`.
    func admit(_ address: String) throws { try limiter.check(address) }

    /// Step 2. Throws `.unauthorised`.
    func authenticate(_ request: Request) async throws -> Principal { try await authentication(try bearer(request)) }

    /// What the policy is asked, read from a request, whose body stays as it was: one question for each thing that the
    /// request mentions, at least one. The context keeps the question for what the route finds out.
    func questions(
        _ request: inout Request, _ context: inout ServiceContext, _ principal: Principal, _ map: AccessMap
    ) async throws -> [AccessRequest] {
        let (method, path) = (request.method.rawValue, request.uri.path)
        let facts = try await RequestFacts.read(
            &request, limit: context.maxUploadSize, takesArchives: map.takesArchives(path))
        let resource = AccessRequest.Resource(
            map.kind(of: path), name: map.name(in: path), workspace: facts.workspaces.min(), tier: try facts.tier(),
            nodeCount: facts.nodeCount)
        let question = AccessRequest(
            principal, map.action(method, path, operation: facts.operation), resource,
            .init(
                address: context.remoteAddress?.ipAddress, time: .now(), approvalID: facts.approvalID,
                isForced: facts.isForced, isDELETE: request.method == .delete))
        context.question = question
        let known = await known(resource, facts)
        guard !known.isEmpty else { return [question] }
        return known.map { facts in
            var question = question
            question.resource.workspace = facts.workspace
            question.resource.owner = facts.owner
            // Nobody makes production less careful by calling it development.
            question.resource.tier = max(question.resource.tier, facts.tier)
            return question
        }
    }

    private func known(_ resource: AccessRequest.Resource, _ facts: RequestFacts) async -> [ResourceFacts] {
        var known: [ResourceFacts] = []
        if let name = resource.name, let facts = await lookup(resource.kind, name) { known.append(facts) }
        for workspace in facts.workspaces.sorted() {
            known.append(await lookup(.workspace, workspace) ?? ResourceFacts(workspace: workspace))
        }
        for server in facts.servers.sorted() {
            if let facts = await lookup(.server, server) { known.append(facts) }
        }
        return known
    }

    /// Steps 3 and 4.
    func decide(_ question: AccessRequest) -> Policy.Decision { policy.decide(question) }
}

extension Policy.Decision {
    /// Throws `.forbidden`, with the rule's words and name, when it is no.
    public func enforce() throws {
        if case .deny(let rule, let words) = self { throw PlatformError(.forbidden, "\(words) (rule \(rule))") }
    }
}

/// What a service knows of a thing, as far as the policy asks.
public struct ResourceFacts: Sendable, Hashable, Codable {
    /// The workspace that it belongs to, or is.
    public var workspace: String?
    /// Who owns that workspace.
    public var owner: String?
    /// The tier of its environment.
    public var tier: Tier

    /// Facts of these properties.
    public init(workspace: String? = nil, owner: String? = nil, tier: Tier = .development) {
        self.workspace = workspace
        self.owner = owner
        self.tier = tier
    }
}

/// The token of the Authorization header. Throws `.unauthorised` when there is none.
public func bearer(_ request: Request) throws -> String {
    let words = (request.headers[.authorization] ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else {
        throw PlatformError(.unauthorised, "a token is missing: send the header Authorization: Bearer TOKEN")
    }
    return String(words[1])
}
