import BuiltinSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who asks.
enum Caller: Sendable {
    case user(User)
    case robot(Robot)

    var name: String {
        switch self {
        case .user(let user): user.name
        case .robot(let robot): robot.name
        }
    }

    var isAdmin: Bool { if case .user(let user) = self { user.isAdmin } else { false } }

    var user: User? { if case .user(let user) = self { user } else { nil } }

    /// What the caller may do with the content of a project: `pull`, `push`, `delete`.
    func actions(in project: Project) -> Set<String> {
        switch self {
        case .user(let user):
            if user.isAdmin || project.owner == user.id { return ["pull", "push", "delete"] }
            let own = project.members.values.first { $0.user == user.id }?.role.actions ?? []
            return project.isPublic ? own.union(["pull"]) : own
        case .robot(let robot):
            let granted = robot.permissions.filter { $0.namespace == project.name || $0.namespace == "*" }
                .flatMap(\.access).filter { $0.first == "repository" || $0.first == "artifact" }.compactMap(\.last)
            return project.isPublic ? Set(granted).union(["pull"]) : Set(granted)
        }
    }

    /// Whether the caller may change the project itself and its members.
    func administers(_ project: Project) -> Bool {
        guard case .user(let user) = self else { return false }
        return user.isAdmin || project.owner == user.id
            || project.members.values.contains { $0.user == user.id && $0.role == .admin }
    }
}

extension Harbor {
    /// Who asks by name and password; nil for nobody. Throws a refusal with status 401 for what does not hold.
    func caller(_ call: Call) throws -> Caller? {
        guard let credentials = try Credentials(call.header("Authorization")) else { return nil }
        guard case .basic(let name, let password) = credentials, let caller = caller(name, password) else {
            throw Refusal(401, "unauthorized", code: "UNAUTHORIZED")
        }
        return caller
    }

    private func caller(_ name: String, _ password: String) -> Caller? {
        if name.hasPrefix("robot$") {
            let digest = Secret.digest(password)
            let now = Int(Date().timeIntervalSince1970)
            let robot = state.read { state in
                state.robots.values.first { robot in
                    robot.name == name && robot.digest == digest && !robot.isDisabled
                        && (robot.expires < 0 || robot.expires > now)
                }
            }
            return robot.map { .robot($0) }
        }
        guard let user = state.read({ $0.user(name) }), passwords.matches(password, user.password) else { return nil }
        return .user(user)
    }

    /// The project of a path, by name or number, if the caller may see it.
    func project(_ call: Call, _ caller: Caller?) throws -> Project {
        let text = call["project"]
        let isName = call.header("X-Is-Resource-Name") == "true"
        let found = state.read { state in
            (isName ? nil : Int(text).flatMap { state.projects[$0] }) ?? state.project(text)
        }
        guard let found else { throw Self.notFound("project \(text)") }
        guard found.isPublic || !(caller?.actions(in: found) ?? []).isEmpty else { throw Self.forbidden }
        return found
    }

    /// The repository of a path, whose name is encoded twice because it may hold slashes.
    func repository(_ call: Call, _ caller: Caller) throws -> (Project, Repository) {
        let project = try project(call, caller)
        let name = "\(project.name)/\(URLText.decoded(call["repository"]) ?? call["repository"])"
        guard let repository = state.read({ $0.repositories[name] }) else { throw Self.notFound("repository \(name)") }
        return (project, repository)
    }

    /// Throws unless the caller may do that in the project.
    func require(_ action: String, _ caller: Caller, in project: Project) throws {
        guard caller.actions(in: project).contains(action) else { throw Self.forbidden }
    }
}
