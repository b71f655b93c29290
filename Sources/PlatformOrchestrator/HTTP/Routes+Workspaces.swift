import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Workspaces.
    func addWorkspaces(to router: Router<Context>) {
        router.get(path(paths.workspaces)) { _, _ in try Answer.data(try services.workspaces.all()) }
        router.post(path(paths.workspaces)) { request, context in
            let wanted = try await body(NewWorkspace.self, request, context)
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

private struct NewWorkspace: Decodable, Sendable { let name: String }
