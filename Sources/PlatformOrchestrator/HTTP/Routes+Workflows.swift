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
            let submission = try await submission(request, context)
            let order = try submission.creation()
            try await checkNew(try submission.serverOrder())
            try await claim(order.work, context)
            return try await submit(order, submission)
        }
        router.post(path(paths.updateServers)) { request, context in
            let submission = try await submission(request, context)
            return try await submit(try await checked(submission.change(), submission, context), submission)
        }
        router.post(path(paths.deleteServers)) { request, context in
            let submission = try await submission(request, context)
            return try await submit(try await checked(submission.deletion(), submission, context), submission)
        }
        router.post(path(paths.createTaskserv)) { request, context in
            let submission = try await submission(request, context)
            return try await submit(try await checked(submission.taskservOperation(), submission, context), submission)
        }
    }

    /// What a request submits.
    func submission(_ request: Request, _ context: Context) async throws -> Submission {
        try await body(SubmissionBody.self, request, context).submission
    }

    /// Checks that somebody may make new things, and notes where they belong before there are any; in solo mode nobody asks.
    /// What exists is not new, whatever the work calls it: it stays where it belongs, and is asked about as it is.
    func claim(_ work: Work, _ context: Context) async throws {
        guard let asked = context.question else { return }
        var newThings: [Thing] = []
        for thing in work.things {
            let isNew = await !exists(thing)
            try services.guard.check([thing], context, action: work.action, areNew: isNew)
            if isNew { newThings.append(thing) }
        }
        guard !work.isOnlyChecked else { return }
        let workspace = asked.resource.workspace
        let facts = ResourceFacts(
            workspace: workspace, owner: workspace == nil ? nil : asked.principal.name, tier: asked.resource.tier)
        for thing in newThings {
            let known = services.guard.book.facts(thing.kind, thing.name)
            if let known, known.workspace != facts.workspace || known.tier != facts.tier,
                await isBeingMade(thing)
            {
                throw PlatformError(.conflict, "the \(thing.kind.rawValue) \(thing.name) is being made already")
            }
            try services.guard.book.note(thing.kind, thing.name, facts)
        }
    }

    private func exists(_ thing: Thing) async -> Bool {
        switch thing.kind {
        case .server: await services.registry.server(thing.name) != nil
        case .cluster: await services.clusters.cluster(thing.name) != nil
        default: false
        }
    }

    private func isBeingMade(_ thing: Thing) async -> Bool {
        func makes(_ work: Work) -> Bool { work.isCreation && work.things.contains { $0.name == thing.name } }
        if await services.engine.records.contains(where: { !$0.task.status.isFinal && makes($0.work) }) { return true }
        return await services.batches.all.contains { batch in
            batch.phase != .ended && batch.definition.operations.contains { $0.items.contains { makes($0.work) } }
        }
    }

    /// Submits the removal of one server.
    func submitDeletion(of name: String, _ context: Context) async throws -> Response {
        var submission = Submission()
        submission.servers = [name]
        return try await submit(try await checked(submission.deletion(), submission, context), submission)
    }

    /// The order, if its servers exist, or may yet: a task that it depends on can make them.
    private func checked(_ order: TaskOrder, _ submission: Submission, _ context: Context) async throws -> TaskOrder {
        try services.guard.check(order.work.things, context, action: order.work.action)
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
        let id: TaskID
        if services.faults.dropsTask() {
            id = UUID().uuidString.lowercased()
        } else {
            id = try await services.engine.submit(order)
            if submission.wait == true { await services.engine.waitForEnd(of: id, seconds: Self.patience) }
        }
        return try submission.isAnsweredByWorkflow ? Answer.data(["workflow_id": id]) : Answer.data(id)
    }
}
