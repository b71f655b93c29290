import BuiltinSupport
import Hummingbird

extension Harbor {
    /// Projects and their members.
    func projectRoutes() -> [Route] {
        [
            Route("GET /api/v2.0/projects") { call in try self.projects(call) },
            Route("HEAD /api/v2.0/projects") { call in
                let name = call.query["project_name"] ?? ""
                guard self.state.read({ $0.project(name) }) != nil else { throw Self.notFound("project \(name)") }
                return Reply.empty(200)
            },
            route("POST /projects") { call, caller in try await self.createProject(call, caller) },
            Route("GET /api/v2.0/projects/{project}") { call in
                let caller = try self.caller(call)
                guard let project = try? self.project(call, caller) else {
                    // Who did not log in learns nothing of what there is.
                    if caller == nil { throw Refusal(401, "unauthorized", code: "UNAUTHORIZED") }
                    return Reply.json(self.describe(try self.project(call, caller), caller, self.state.read { $0 }))
                }
                return Reply.json(self.describe(project, caller, self.state.read { $0 }))
            },
            route("PUT /projects/{project}") { call, caller in
                let project = try self.administered(call, caller)
                let body = try await call.json()
                try self.state.update { state in
                    for (name, value) in body["metadata"].members ?? [:] {
                        state.projects[project.id]?.metadata[name] = value.string
                    }
                    state.projects[project.id]?.updated = Clock.precise()
                }
                try self.audit.note("update", "project", project.name, by: caller.name, in: project.id)
                return Reply.empty(200)
            },
            route("DELETE /projects/{project}") { call, caller in
                let project = try self.administered(call, caller)
                try self.state.update { state in
                    guard state.repositories(of: project).isEmpty else {
                        throw Refusal(
                            412, "the project \(project.name) contains repositories, can not be deleted",
                            code: "PRECONDITION")
                    }
                    state.projects[project.id] = nil
                }
                try self.audit.note("delete", "project", project.name, by: caller.name, in: project.id)
                return Reply.empty(200)
            },
            route("GET /projects/{project}/summary") { call, caller in
                let project = try self.project(call, caller)
                let count = self.state.read { $0.repositories(of: project).count }
                return Reply.json(["repo_count": .int(count), "quota": ["hard": ["storage": -1]]])
            },
        ] + memberRoutes()
    }

    private func administered(_ call: Call, _ caller: Caller) throws -> Project {
        let project = try project(call, caller)
        guard caller.administers(project) else { throw Self.forbidden }
        return project
    }

    func describe(_ project: Project, _ caller: Caller?, _ state: HarborState) -> JSON {
        let role = project.members.values.first { $0.user == caller?.user?.id }?.role
        let number = caller.map { $0.administers(project) ? 1 : role?.rawValue ?? 0 } ?? 0
        return [
            "project_id": .int(project.id), "name": .string(project.name), "owner_id": .int(project.owner),
            "owner_name": .string(state.users[project.owner]?.name ?? ""), "creation_time": .string(project.created),
            "update_time": .string(project.updated), "deleted": false,
            "metadata": .object(project.metadata.mapValues { .string($0) }),
            "repo_count": .int(state.repositories(of: project).count), "current_user_role_id": .int(number),
            "current_user_role_ids": number == 0 ? [] : [.int(number)],
            "cve_allowlist": ["id": .int(project.id), "project_id": .int(project.id), "items": []],
        ]
    }

    private func projects(_ call: Call) throws -> Response {
        let caller = try caller(call)
        let state = state.read { $0 }
        let name = call.query["name"] ?? ""
        let wanted = call.query["public"].map { $0 == "true" || $0 == "1" }
        let owner = call.query["owner"]
        let found = state.projects.values.filter { project in
            (project.isPublic || !(caller?.actions(in: project) ?? []).isEmpty)
                && (name.isEmpty || project.name.contains(name)) && (wanted == nil || wanted == project.isPublic)
                && (owner == nil || owner == state.users[project.owner]?.name)
        }
        return try ListQuery(call).answer(found.sorted { $0.name < $1.name }.map { describe($0, caller, state) })
    }

    private static func isName(_ name: String) -> Bool {
        let plain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || "._-".utf8.contains($0)
        }
        let ends = [name.utf8.first, name.utf8.last].compactMap { $0 }
        return plain && !name.isEmpty && name.utf8.count <= 255 && ends.allSatisfy { !"._-".utf8.contains($0) }
    }

    private func createProject(_ call: Call, _ caller: Caller) async throws -> Response {
        guard let user = caller.user else { throw Self.forbidden }
        let body = try await call.json()
        let name = body["project_name"].string ?? ""
        guard Self.isName(name) else {
            throw Self.bad("project name is not in lower case or contains illegal characters: \"\(name)\"")
        }
        var metadata = (body["metadata"].members ?? [:]).compactMapValues(\.string)
        metadata["public"] = metadata["public"] ?? (body["public"].bool == true ? "true" : "false")
        let given = metadata
        let project = try state.update { state in
            guard state.project(name) == nil else {
                throw Refusal(409, "The project named \(name) already exists", code: "CONFLICT")
            }
            let now = Clock.precise()
            let project = Project(
                id: state.nextID(), name: name, owner: user.id, metadata: given, created: now, updated: now)
            state.projects[project.id] = project
            return project
        }
        try audit.note("create", "project", name, by: caller.name, in: project.id)
        return Reply.empty(201, headers: ["Location": "/api/v2.0/projects/\(project.id)"])
    }

    private func memberRoutes() -> [Route] {
        [
            route("GET /projects/{project}/members") { call, caller in
                let project = try self.project(call, caller)
                let state = self.state.read { $0 }
                let members = project.members.values.sorted { $0.id < $1.id }
                return try ListQuery(call).answer(members.map { Self.describe($0, project, state) })
            },
            route("POST /projects/{project}/members") { call, caller in
                let project = try self.administered(call, caller)
                let body = try await call.json()
                guard let role = body["role_id"].int.flatMap(ProjectRole.init) else {
                    throw Self.bad("role_id: 1 to 5")
                }
                let given = body["member_user"]
                let member = try self.state.update { state in
                    guard
                        let user = given["user_id"].int.flatMap({ state.users[$0] })
                            ?? given["username"].string.flatMap(state.user)
                    else { throw Self.notFound("user") }
                    guard !project.members.values.contains(where: { $0.user == user.id }) else {
                        throw Refusal(409, "the user is a member already", code: "CONFLICT")
                    }
                    let member = Member(id: state.nextID(), user: user.id, role: role)
                    state.projects[project.id]?.members[member.id] = member
                    return member
                }
                return Reply.empty(
                    201, headers: ["Location": "/api/v2.0/projects/\(project.id)/members/\(member.id)"])
            },
            route("GET /projects/{project}/members/{member}") { call, caller in
                let project = try self.project(call, caller)
                let member = try Self.member(call, project)
                return Reply.json(Self.describe(member, project, self.state.read { $0 }))
            },
            route("PUT /projects/{project}/members/{member}") { call, caller in
                let project = try self.administered(call, caller)
                let member = try Self.member(call, project)
                guard let role = try await call.json()["role_id"].int.flatMap(ProjectRole.init) else {
                    throw Self.bad("role_id: 1 to 5")
                }
                try self.state.update { $0.projects[project.id]?.members[member.id]?.role = role }
                return Reply.empty(200)
            },
            route("DELETE /projects/{project}/members/{member}") { call, caller in
                let project = try self.administered(call, caller)
                let member = try Self.member(call, project)
                try self.state.update { $0.projects[project.id]?.members[member.id] = nil }
                return Reply.empty(200)
            },
        ]
    }

    private static func member(_ call: Call, _ project: Project) throws -> Member {
        guard let id = Int(call["member"]), let member = project.members[id] else { throw notFound("member") }
        return member
    }

    private static func describe(_ member: Member, _ project: Project, _ state: HarborState) -> JSON {
        [
            "id": .int(member.id), "project_id": .int(project.id), "entity_id": .int(member.user),
            "entity_name": .string(state.users[member.user]?.name ?? ""), "entity_type": "u",
            "role_id": .int(member.role.rawValue), "role_name": .string(member.role.word),
        ]
    }
}
