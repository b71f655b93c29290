import Hummingbird
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Routes {
    /// Seconds that a caller who asked to wait waits at most.
    private static let patience = 300.0

    /// Submissions: what they ask for is checked here, done by a task.
    func addWorkflows(to router: Router<Context>) {
        router.post(path(paths.createServers)) { request, context in
            let submission = try await body(Submission.self, request, context)
            let order = try submission.creation()
            let servers = try submission.serverOrder()
            try await checkNew(servers)
            try note(servers, submission, context)
            return try await submit(order, submission)
        }
        router.post(path(paths.updateServers)) { request, context in
            let submission = try await body(Submission.self, request, context)
            return try await submit(try await checked(submission.change(), submission), submission)
        }
        router.post(path(paths.deleteServers)) { request, context in
            let submission = try await body(Submission.self, request, context)
            return try await submit(try await checked(submission.deletion(), submission), submission)
        }
        router.post(path(paths.createTaskserv)) { request, context in
            let submission = try await body(Submission.self, request, context)
            return try await submit(try await checked(submission.taskservOperation(), submission), submission)
        }
    }

    /// Notes where new servers belong, before there are any; in solo mode nobody asks.
    func note(_ servers: ServerOrder, _ submission: Submission, _ context: Context) throws {
        guard services.guard.verifier != nil, submission.checkMode != true else { return }
        let facts = ResourceFacts(
            workspace: submission.workspace, owner: submission.workspace == nil ? nil : try context.caller().name,
            tier: try tier(submission.environment))
        for name in servers.servers { try services.guard.book.note(.server, name, facts) }
    }

    /// Submits the removal of one server.
    func submitDeletion(of name: String) async throws -> Response {
        var submission = Submission()
        submission.servers = [name]
        return try await submit(try await checked(submission.deletion(), submission), submission)
    }

    /// The order, if its servers exist, or may yet: a task that it depends on can make them.
    private func checked(_ order: TaskOrder, _ submission: Submission) async throws -> TaskOrder {
        guard order.dependencies.isEmpty else { return order }
        for name in submission.servers ?? [] where await services.registry.server(name) == nil {
            throw PlatformError(.notFound, "there is no server \(name)")
        }
        return order
    }

    /// Checks what can be said of new servers before anything is done: provider, zone and plan, and that nobody has their names.
    func checkNew(_ order: ServerOrder) async throws {
        _ = try services.providers.named(order.provider).placement(zone: order.zone, plan: order.plan)
        for name in order.servers {
            if let taken = await services.registry.server(name) {
                throw PlatformError(.conflict, "there is a server \(name) already (\(taken.status.rawValue))")
            }
        }
    }

    /// Submits a task, and waits for its end if the caller wants that.
    func submit(_ order: TaskOrder, _ submission: Submission) async throws -> Response {
        guard !services.faults.dropsTask() else { return try Answer.data(UUID().uuidString.lowercased()) }
        let id = try await services.engine.submit(order)
        if submission.wait == true { await services.engine.waitForEnd(of: id, seconds: Self.patience) }
        return try Answer.data(id)
    }
}
