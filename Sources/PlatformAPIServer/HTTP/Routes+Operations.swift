import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Workflows and operations.
    func addOperations(to router: Router<Context>) {
        router.post(path(paths.submitWorkflow)) { request, context in
            let wanted = try await body(JSONValue.self, request, context)
            guard wanted["workflow"] != .null else { throw PlatformError(.invalid, "workflow: is missing") }
            return try await begin(.batch, "POST", paths.orchestratorExecuteBatch, wanted, request, context)
        }
        router.get(path(paths.workflows)) { request, context in try await list(request, context, .batch) }
        router.get(path(paths.workflow)) { _, context in
            try APIAnswer.bare(OperationView(operation: try await operation(context, .batch)))
        }
        router.get(path(paths.operations)) { request, context in try await list(request, context, nil) }
        router.get(path(paths.operation)) { _, context in
            try APIAnswer.bare(OperationView(operation: try await operation(context, nil)))
        }
        router.post(path(paths.cancelOperation)) { request, context in
            try APIAnswer.bare(OperationView(operation: try await cancel(request, context)))
        }
    }

    /// Keeps an operation and has it carried out with the caller's rights.
    func begin(
        _ kind: OrchestratorCall.Kind, _ method: String, _ place: String, _ body: JSONValue?, _ request: Request,
        _ context: Context
    ) async throws -> Response {
        guard body?["wait"] != .boolean(true) else {
            throw PlatformError(.invalid, "wait: an operation is answered at once; ask for it by its id")
        }
        let call = OrchestratorCall(kind: kind, method: method, path: place, body: body)
        let operation = try await store.create(
            call, owner: try context.caller().name, session: try await session(request).id)
        runner.submit(operation.id)
        return try APIAnswer.bare(OperationView(operation: operation))
    }

    /// What the orchestrator has is cancelled there by the caller himself, who hears at once when he may not.
    private func cancel(_ request: Request, _ context: Context) async throws -> Operation {
        let operation = try await operation(context, nil)
        let caller = try await session(request)
        guard let remoteID = operation.remoteID, !operation.status.isFinal else {
            return try await store.cancel(operation.id, by: caller.id)
        }
        let place = operation.call.kind.path(remoteID) + "/cancel"
        _ = try await orchestrator.call("POST", place, try await optionalBody(request, context), as: caller)
        return try await store.operation(operation.id)
    }

    /// The operation that the path names, if the caller may do to it what he wants.
    private func operation(_ context: Context, _ kind: OrchestratorCall.Kind?) async throws -> Operation {
        let operation = try await store.operation(try context.parameters.require("id"))
        guard kind == nil || operation.call.kind == kind else {
            throw PlatformError(.notFound, "the operation \(operation.id) is no workflow")
        }
        guard var question = context.question else { throw PlatformError(.unauthorised, "nobody knows who asks") }
        question.resource = .init(.operation, name: operation.id, owner: operation.owner)
        try policy.decide(question).enforce()
        return operation
    }

    private func list(
        _ request: Request, _ context: Context, _ kind: OrchestratorCall.Kind?
    ) async throws -> Response {
        let parameters = request.uri.queryParameters
        let status = try parameters["status"].map { word in
            guard let status = OperationStatus(rawValue: word.lowercased()) else {
                let known = OperationStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw PlatformError(.invalid, "status: \"\(word)\" is none of \(known)")
            }
            return status
        }
        let caller = try context.caller()
        let others = AccessRequest(caller, .read, .init(.operation, owner: ""), .init(time: .now()))
        let found = try await store.all(
            status, kind: kind, owner: policy.decide(others).isAllowed ? nil : caller.name,
            limit: try number(parameters["limit"], "limit", 1...1000) ?? 50,
            offset: try number(parameters["offset"], "offset", 0...1_000_000) ?? 0)
        return try APIAnswer.bare(found.map(OperationView.init))
    }

    private func number(_ text: Substring?, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw PlatformError(
                .invalid, "\(name): \"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
