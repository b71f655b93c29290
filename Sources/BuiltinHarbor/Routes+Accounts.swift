import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Harbor {
    /// Users and robots.
    func accountRoutes() -> [Route] {
        [
            admin("GET /users") { call, _ in
                try ListQuery(call).answer(self.state.read { $0.users.values.sorted { $0.id < $1.id }.map(\.json) })
            },
            route("GET /users/search") { call, _ in
                let text = call.query["username"] ?? ""
                let users = self.state.read { $0.users.values.filter { $0.name.contains(text) } }
                return try ListQuery(call).answer(
                    users.sorted { $0.id < $1.id }.map { ["user_id": .int($0.id), "username": .string($0.name)] })
            },
            admin("POST /users") { call, caller in try await self.createUser(call, caller) },
            route("GET /users/current") { _, caller in
                guard let user = caller.user else { throw Self.notFound("user") }
                return Reply.json(user.json)
            },
            route("GET /users/{id}") { call, caller in Reply.json(try self.user(call, caller).json) },
            route("PUT /users/{id}") { call, caller in
                let body = try await call.json()
                try self.change(call, caller) { user in
                    user.email = body["email"].string ?? user.email
                    user.realName = body["realname"].string ?? user.realName
                    user.comment = body["comment"].string ?? user.comment
                }
                return Reply.empty(200)
            },
            admin("PUT /users/{id}/sysadmin") { call, caller in
                let isAdmin = try await call.json()["sysadmin_flag"].bool ?? false
                try self.change(call, caller) { $0.isAdmin = isAdmin }
                return Reply.empty(200)
            },
            route("PUT /users/{id}/password") { call, caller in
                let body = try await call.json()
                let user = try self.user(call, caller)
                let isOld = body["old_password"].string.map(user.password.matches) ?? false
                guard caller.isAdmin && caller.user?.id != user.id || isOld else {
                    throw Refusal(403, "Current password is incorrect", code: "FORBIDDEN")
                }
                let hash = try Self.hash(body["new_password"].string)
                try self.change(call, caller) { $0.password = hash }
                return Reply.empty(200)
            },
            admin("DELETE /users/{id}") { call, caller in
                let user = try self.user(call, caller)
                guard user.id != caller.user?.id, user.name != "admin" else { throw Self.forbidden }
                try self.state.update { state in
                    state.users[user.id] = nil
                    for (id, project) in state.projects {
                        state.projects[id]?.members = project.members.filter { $0.value.user != user.id }
                    }
                }
                try self.audit.note("delete", "user", user.name, by: caller.name)
                return Reply.empty(200)
            },
        ] + robotRoutes()
    }

    private func user(_ call: Call, _ caller: Caller) throws -> User {
        guard let id = Int(call["id"]), caller.isAdmin || caller.user?.id == id else { throw Self.forbidden }
        guard let user = state.read({ $0.users[id] }) else { throw Self.notFound("user \(id)") }
        return user
    }

    private func change(_ call: Call, _ caller: Caller, _ body: (inout User) -> Void) throws {
        var user = try user(call, caller)
        body(&user)
        user.updated = Clock.precise()
        let changed = user
        try state.update { $0.users[changed.id] = changed }
    }

    private static func hash(_ password: String?) throws -> PasswordHash {
        let text = password ?? ""
        guard (8...128).contains(text.count), text.contains(where: \.isUppercase), text.contains(where: \.isLowercase),
            text.contains(where: \.isNumber)
        else {
            throw bad(
                "the password or secret must be longer than 8 chars with at least 1 uppercase letter, 1 lowercase "
                    + "letter and 1 number")
        }
        return try PasswordHash(text)
    }

    private func createUser(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        guard let name = body["username"].string, !name.isEmpty, !name.contains(where: { ",~#$%".contains($0) }) else {
            throw Self.bad("username contains illegal characters or is empty")
        }
        guard let email = body["email"].string, email.contains("@") else { throw Self.bad("email: no address") }
        let hash = try Self.hash(body["password"].string)
        let user = try state.update { state in
            guard state.user(name) == nil, !state.users.values.contains(where: { $0.email == email }) else {
                throw Refusal(409, "user \(name) or email \(email) already exists", code: "CONFLICT")
            }
            let now = Clock.precise()
            let user = User(
                id: state.nextID(), name: name, email: email, realName: body["realname"].string ?? "",
                comment: body["comment"].string ?? "", isAdmin: false, password: hash, created: now, updated: now)
            state.users[user.id] = user
            return user
        }
        try audit.note("create", "user", name, by: caller.name)
        return Reply.empty(201, headers: ["Location": "/api/v2.0/users/\(user.id)"])
    }

    private func robotRoutes() -> [Route] {
        [
            admin("GET /robots") { call, _ in
                try ListQuery(call).answer(self.state.read { $0.robots.values.sorted { $0.id < $1.id }.map(\.json) })
            },
            admin("POST /robots") { call, caller in try await self.createRobot(call, caller) },
            admin("GET /robots/{id}") { call, _ in Reply.json(try self.robot(call).json) },
            admin("PUT /robots/{id}") { call, _ in
                let body = try await call.json()
                var robot = try self.robot(call)
                robot.description = body["description"].string ?? robot.description
                robot.isDisabled = body["disable"].bool ?? robot.isDisabled
                if !body["permissions"].isNull { robot.permissions = try Self.permissions(body) }
                robot.updated = Clock.precise()
                let changed = robot
                try self.state.update { $0.robots[changed.id] = changed }
                return Reply.empty(200)
            },
            admin("PATCH /robots/{id}") { call, _ in
                let robot = try self.robot(call)
                let given = try await call.json()["secret"].string ?? ""
                let secret = given.isEmpty ? Secret.token() : given
                try self.state.update { $0.robots[robot.id]?.digest = Secret.digest(secret) }
                return Reply.json(given.isEmpty ? ["secret": .string(secret)] : [:])
            },
            admin("DELETE /robots/{id}") { call, caller in
                let robot = try self.robot(call)
                try self.state.update { $0.robots[robot.id] = nil }
                try self.audit.note("delete", "robot", robot.name, by: caller.name)
                return Reply.empty(200)
            },
        ]
    }

    private func robot(_ call: Call) throws -> Robot {
        guard let id = Int(call["id"]), let robot = state.read({ $0.robots[id] }) else {
            throw Self.notFound("robot \(call["id"])")
        }
        return robot
    }

    private static func permissions(_ body: JSON) throws -> [Robot.Permission] {
        try (body["permissions"].items ?? []).map { item in
            guard let kind = item["kind"].string, let namespace = item["namespace"].string else {
                throw bad("permissions: kind and namespace are required")
            }
            let access = (item["access"].items ?? []).filter { $0["effect"] != "deny" }
            return Robot.Permission(
                kind: kind, namespace: namespace,
                access: access.map { [$0["resource"].string ?? "", $0["action"].string ?? ""] })
        }
    }

    private func createRobot(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        guard let name = body["name"].string, Self.isTag(name) else { throw Self.bad("robot name is not valid") }
        guard let level = body["level"].string, level == "system" || level == "project" else {
            throw Self.bad("level: system or project")
        }
        guard let days = body["duration"].int, days == -1 || days > 0 else {
            throw Self.bad("bad request error duration input: days, or -1")
        }
        let permissions = try Self.permissions(body)
        guard let first = permissions.first else { throw Self.bad("bad request empty permission") }
        let full = level == "project" ? "robot$\(first.namespace)+\(name)" : "robot$\(name)"
        let secret = Secret.token()
        let expires = days == -1 ? -1 : Int(Date().timeIntervalSince1970) + days * 86_400
        let robot = try state.update { state in
            guard !state.robots.values.contains(where: { $0.name == full }) else {
                throw Refusal(409, "robot \(full) already exists", code: "CONFLICT")
            }
            let now = Clock.precise()
            let robot = Robot(
                id: state.nextID(), name: full, description: body["description"].string ?? "", level: level,
                permissions: permissions, digest: Secret.digest(secret), expires: expires, created: now, updated: now)
            state.robots[robot.id] = robot
            return robot
        }
        try audit.note("create", "robot", full, by: caller.name)
        return Reply.json(
            [
                "id": .int(robot.id), "name": .string(full), "secret": .string(secret),
                "creation_time": .string(robot.created), "expires_at": .int(expires),
            ], status: 201, headers: ["Location": "/api/v2.0/robots/\(robot.id)"])
    }
}

extension User {
    fileprivate var json: JSON {
        [
            "user_id": .int(id), "username": .string(name), "email": .string(email), "realname": .string(realName),
            "comment": .string(comment), "sysadmin_flag": .bool(isAdmin), "admin_role_in_auth": false,
            "creation_time": .string(created), "update_time": .string(updated),
        ]
    }
}

extension Robot {
    fileprivate var json: JSON {
        [
            "id": .int(id), "name": .string(name), "description": .string(description), "level": .string(level),
            "disable": .bool(isDisabled), "editable": true, "expires_at": .int(expires), "duration": -1,
            "creation_time": .string(created), "update_time": .string(updated),
            "permissions": .array(
                permissions.map { permission in
                    [
                        "kind": .string(permission.kind), "namespace": .string(permission.namespace),
                        "access": .array(
                            permission.access.map {
                                ["resource": .text($0.first), "action": .text($0.last)]
                            }),
                    ]
                }),
        ]
    }
}
