import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Listing, asking and cancelling.
    func addTasks(to router: Router<Context>) {
        router.get(path(paths.tasks)) { request, _ in
            let query = try TaskQuery(request)
            return try Answer.data(
                await services.engine.tasks(query.status, offset: query.page.offset, limit: query.page.limit))
        }
        router.get(path(paths.task)) { _, context in
            let id = try Self.taskID(context)
            guard let task = await services.engine.task(id) else {
                throw PlatformError(.notFound, "there is no task \(id)")
            }
            return try Answer.data(task)
        }
        router.post(path(paths.cancelTask)) { _, context in
            let id = try Self.taskID(context)
            try services.guard.check(await services.engine.work(of: id)?.things ?? [], context)
            try await services.engine.cancel(id)
            return try Answer.data(await services.engine.task(id))
        }
        router.get(path(paths.queue)) { _, _ in try Answer.data(await services.engine.overview) }
    }

    static func taskID(_ context: Context) throws -> TaskID {
        let text = try context.parameters.require("id")
        guard isUUID(text) else { throw PlatformError(.invalid, "\"\(text)\" is no task id: ids are UUIDs") }
        return text
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy(\.isHexDigit)
    }
}

/// The query of the task list.
private struct TaskQuery {
    var status: TaskStatus?
    let page: Page

    init(_ request: Request) throws {
        let parameters = request.uri.queryParameters
        page = try Page(request)
        if let text = parameters["status"].map(String.init), !text.isEmpty {
            guard let status = TaskStatus(spelling: text) else {
                let known = TaskStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw PlatformError(.invalid, "status: \"\(text)\" is none of \(known)")
            }
            self.status = status
        }
    }
}

/// Which part of a list a caller wants. Documented for tasks.
struct Page: Sendable {
    private(set) var limit = 50
    private(set) var offset = 0

    init(_ request: Request) throws {
        let parameters = request.uri.queryParameters
        if let text = parameters["limit"].map(String.init) {
            guard let limit = Int(text), (1...1000).contains(limit) else {
                throw PlatformError(.invalid, "limit: \"\(text)\" is no number from 1 to 1000")
            }
            self.limit = limit
        }
        if let text = parameters["offset"].map(String.init) {
            guard let offset = Int(text), offset >= 0 else {
                throw PlatformError(.invalid, "offset: \"\(text)\" is no number from 0")
            }
            self.offset = offset
        }
    }
}
