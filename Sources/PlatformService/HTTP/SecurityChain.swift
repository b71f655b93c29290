public import Hummingbird

/// The steps before a route, in the documented order: rate limit, authentication, second factor, authorisation, audit.
///
/// It follows the `RequestCounter`. Without a gate (solo mode) everybody is the one administrator, and only the audit stays.
/// What is refused is audited too, but for what the rate limit refuses: a flood must not fill the audit log.
public struct SecurityChain: RouterMiddleware {
    /// What a service of the platform knows of a request.
    public typealias Context = ServiceContext

    private let gate: SecurityGate?
    private let map: AccessMap
    private let audit: AuditLog

    /// A chain of these parts.
    public init(gate: SecurityGate?, map: AccessMap, audit: AuditLog) {
        self.gate = gate
        self.map = map
        self.audit = audit
    }

    /// Lets the request through if every step agrees.
    @concurrent
    public func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard !map.probes.contains(path) else { return try await next(request, context) }
        try gate?.admit(context.remoteAddress?.ipAddress ?? "")
        guard !map.open.contains(path) else { return try await next(request, context) }
        var (request, context) = (request, context)
        var event = AuditEvent(
            action: map.action(request.method.rawValue, path, operation: nil).rawValue, kind: map.kind(of: path),
            address: context.remoteAddress?.ipAddress)
        event.method = request.method.rawValue
        event.path = path
        event.resource = map.name(in: path)
        do {
            try await pass(&request, &context, &event)
            let response = try await next(request, context)
            event.status = response.status.code
            try await audit.record(event)
            return response
        } catch {
            event.status = Answer.failure(error).status.code
            event.reason = words(of: error)
            try await audit.record(event)
            throw error
        }
    }

    /// Steps 2 to 4, and what the audit shall know of them.
    private func pass(_ request: inout Request, _ context: inout Context, _ event: inout AuditEvent) async throws {
        guard let gate else {
            context.principal = .solo
            event.name(.solo)
            return
        }
        let principal = try await gate.authenticate(request)
        context.principal = principal
        event.name(principal)
        guard !map.personal.contains(request.uri.path) else { return }
        for question in try await gate.questions(&request, &context, principal, map) {
            event.fill(question)
            let decision = gate.decide(question)
            event.rule = decision.rule
            try decision.enforce()
        }
    }
}
