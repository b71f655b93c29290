import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Workspaces.
    func addWorkspaces(to router: Router<Context>) {
        router.get(path(paths.workspaces)) { _, context in
            let caller = try context.caller()
            let seen = try services.workspaces.all().filter { services.guard.shows(.workspace, $0.name, to: caller) }
            return try Answer.data(seen)
        }
        router.post(path(paths.workspaces)) { request, context in
            let wanted = try await body(NewWorkspace.self, request, context)
            if let taken = try? services.workspaces.workspace(wanted.name, withEntries: false) {
                throw PlatformError(.conflict, "there is a workspace \(taken.name) already")
            }
            let facts = ResourceFacts(
                workspace: wanted.name, owner: try context.caller().name,
                tier: wanted.environment.flatMap(Tier.init(spelling:)) ?? .development)
            try services.guard.book.note(.workspace, wanted.name, facts)
            return try Answer.data(try services.workspaces.create(wanted.name), status: .created)
        }
        router.get(path(paths.workspace)) { _, context in
            try Answer.data(try services.workspaces.workspace(try context.parameters.require("name")))
        }
        router.delete(path(paths.workspace)) { _, context in
            let name = try context.parameters.require("name")
            try services.workspaces.remove(name)
            return try Answer.data(name)
        }
    }
}

private struct NewWorkspace: Decodable, Sendable {
    let name: String
    /// Tier of what will be in it; development if left out.
    let environment: String?
}
