import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Workflows and operations.
    func addOperations(to router: Router<Context>) {
        router.post(path(paths.submitWorkflow)) { request, context in
            let wanted = try await body(JSONValue.self, request, context)
            guard wanted["workflow"] != .null else { throw PlatformError(.invalid, "workflow: is missing") }
            return try await begin(.batch, "POST", paths.orchestratorExecuteBatch, wanted, context)
        }
        router.get(path(paths.workflows)) { request, _ in try await list(request, .batch) }
        router.get(path(paths.workflow)) { _, context in try await one(context, .batch) }
        router.get(path(paths.operations)) { request, _ in try await list(request, nil) }
        router.get(path(paths.operation)) { _, context in try await one(context, nil) }
        router.post(path(paths.cancelOperation)) { _, context in
            let operation = try await store.cancel(try context.parameters.require("id"))
            return try APIAnswer.bare(OperationView(operation: operation))
        }
    }

    private func one(_ context: Context, _ kind: OrchestratorCall.Kind?) async throws -> Response {
        let operation = try await store.operation(try context.parameters.require("id"))
        guard kind == nil || operation.call.kind == kind else {
            throw PlatformError(.notFound, "the operation \(operation.id) is no workflow")
        }
        return try APIAnswer.bare(OperationView(operation: operation))
    }

    private func list(_ request: Request, _ kind: OrchestratorCall.Kind?) async throws -> Response {
        let parameters = request.uri.queryParameters
        let status = try parameters["status"].map { word in
            guard let status = OperationStatus(rawValue: word.lowercased()) else {
                let known = OperationStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw PlatformError(.invalid, "status: \"\(word)\" is none of \(known)")
            }
            return status
        }
        let found = try await store.all(
            status, kind: kind, limit: try number(parameters["limit"], "limit", 1...1000) ?? 50,
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
