import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Workspaces.
    func addWorkspaces(to router: Router<Context>) {
        router.get(path(paths.workspaces)) { _, context in
            let caller = try context.caller()
            let seen = try services.workspaces.all().filter { services.guard.shows(.workspace, $0.name, to: caller) }
            return try Answer.data(seen.map(shown))
        }
        router.post(path(paths.workspaces)) { request, context in
            let wanted = try await body(NewWorkspace.self, request, context)
            let template = try template(wanted.template)
            if let taken = try? services.workspaces.workspace(wanted.name, withEntries: false) {
                throw PlatformError(.conflict, "there is a workspace \(taken.name) already")
            }
            let facts = ResourceFacts(
                workspace: wanted.name, owner: try context.caller().name, tier: try tier(wanted.environment))
            try services.guard.book.note(.workspace, wanted.name, facts)
            return try Answer.data(shown(try services.workspaces.create(wanted.name, from: template)), status: .created)
        }
        router.get(path(paths.workspace)) { _, context in
            try Answer.data(shown(try services.workspaces.workspace(try context.parameters.require("name"))))
        }
        router.delete(path(paths.workspace)) { _, context in
            let name = try context.parameters.require("name")
            try services.workspaces.remove(name)
            return try Answer.data(name)
        }
    }

    /// A workspace with what the policy knows of it.
    private func shown(_ workspace: Workspace) -> Workspace {
        var workspace = workspace
        let facts = services.guard.book.facts(.workspace, workspace.name)
        workspace.owner = facts?.owner
        workspace.environment = facts?.tier
        return workspace
    }

    /// The template that a body names; the usual one if it names none.
    private func template(_ word: String?) throws -> WorkspaceTemplate {
        guard let word else { return .standard }
        guard let template = WorkspaceTemplate(rawValue: word) else {
            let known = WorkspaceTemplate.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "template: \"\(word)\" is none of \(known)")
        }
        return template
    }

    /// The tier that a body names; development if it names none.
    func tier(_ word: String?) throws -> Tier {
        guard let word else { return .development }
        guard let tier = Tier(spelling: word) else {
            throw PlatformError(.invalid, "environment: \"\(word)\" is none of development, staging, production")
        }
        return tier
    }
}

private struct NewWorkspace: Decodable, Sendable {
    let name: String
    /// Tier of what will be in it; development if left out.
    let environment: String?
    let template: String?
}
