import BuiltinSupport
import Hummingbird

extension Grafana {
    /// Health, users and organisations.
    func userRoutes() -> [Route] {
        [
            Route("GET /api/health") { _ in
                Reply.json(["commit": "builtin", "database": "ok", "version": .string(Self.version)])
            },
            route("GET /api/frontend/settings", .viewer) { _, _ in
                let build: JSON = [
                    "commit": "builtin", "database": "ok", "version": .string(Self.version), "edition": "Open Source",
                ]
                return Reply.json(["buildInfo": build])
            },
            route("GET /api/user", .none) { _, caller in
                guard let user = caller.user else { throw Refusal(404, "user not found") }
                return Reply.json(user.json)
            },
            serverAdmin("GET /api/users") { call, _ in
                let users = self.state.read { $0.users.values.sorted { $0.login < $1.login } }
                return Reply.json(
                    .array(Page(call.query, size: "perpage", normal: 1000, most: 5000).of(users).map(\.json)))
            },
            serverAdmin("GET /api/users/search") { call, _ in
                let text = (call.query["query"] ?? "").lowercased()
                let users = self.state.read { state in
                    state.users.values.filter {
                        text.isEmpty || "\($0.login) \($0.email) \($0.name)".lowercased().contains(text)
                    }
                }
                let page = Page(call.query, size: "perpage", normal: 1000, most: 5000)
                return Reply.json([
                    "totalCount": .int(users.count), "page": .int(page.number), "perPage": .int(page.size),
                    "users": .array(page.of(users.sorted { $0.login < $1.login }).map(\.json)),
                ])
            },
            serverAdmin("GET /api/users/lookup") { call, _ in
                let name = call.query["loginOrEmail"] ?? ""
                guard let user = self.state.read({ $0.user(name) }) else { throw Refusal(404, "user not found") }
                return Reply.json(user.json)
            },
            serverAdmin("GET /api/users/{id}") { call, _ in Reply.json(try self.user(call).json) },
            serverAdmin("PUT /api/users/{id}") { call, _ in
                let body = try await call.json()
                try self.change(call) { user in
                    user.login = body["login"].string ?? user.login
                    user.email = body["email"].string ?? user.email
                    user.name = body["name"].string ?? user.name
                }
                return Reply.message("User updated")
            },
            serverAdmin("POST /api/admin/users") { call, _ in try await self.createUser(call) },
            serverAdmin("PUT /api/admin/users/{id}/password") { call, _ in
                let hash = try Self.hash(try await call.json()["password"].string)
                try self.change(call) { $0.password = hash }
                return Reply.message("User password updated")
            },
            serverAdmin("PUT /api/admin/users/{id}/permissions") { call, _ in
                let isAdmin = try await call.json()["isGrafanaAdmin"].bool ?? false
                try self.change(call) { $0.isServerAdmin = isAdmin }
                return Reply.message("User permissions updated")
            },
            serverAdmin("DELETE /api/admin/users/{id}") { call, caller in
                let user = try self.user(call)
                guard user.id != caller.user?.id else { throw Refusal(400, "you cannot delete yourself") }
                try self.state.update { $0.users[user.id] = nil }
                return Reply.message("User deleted")
            },
        ] + organisationRoutes()
    }

    private func user(_ call: Call) throws -> User {
        guard let id = Int(call["id"]), let user = state.read({ $0.users[id] }) else {
            throw Refusal(404, "user not found")
        }
        return user
    }

    private func change(_ call: Call, _ body: (inout User) -> Void) throws {
        var user = try user(call)
        body(&user)
        let changed = user
        try state.update { $0.users[changed.id] = changed }
    }

    private static func hash(_ password: String?) throws -> PasswordHash {
        guard let password, password.count >= 4 else { throw Refusal(400, "New password too short") }
        return try PasswordHash(password)
    }

    private func createUser(_ call: Call) async throws -> Response {
        let body = try await call.json()
        let email = body["email"].string ?? ""
        guard let login = body["login"].string ?? (email.isEmpty ? nil : email), !login.isEmpty else {
            throw Refusal(400, "Validation error, need specify either username or email")
        }
        let hash = try Self.hash(body["password"].string)
        let user = try state.update { state in
            guard state.user(login) == nil, email.isEmpty || state.user(email) == nil else {
                throw Refusal(412, "User with email '\(email)' or username '\(login)' already exists")
            }
            let user = User(
                id: state.nextID(), uid: Self.newUID(), login: login, email: email, name: body["name"].string ?? "",
                password: hash, role: .viewer, isServerAdmin: false, created: Clock.now())
            state.users[user.id] = user
            return user
        }
        return Reply.message("User created", ["id": .int(user.id), "uid": .string(user.uid)])
    }

    private func organisationRoutes() -> [Route] {
        [
            route("GET /api/org", .viewer) { _, _ in
                Reply.json(self.state.read { $0.organisations[Self.mainOrganisation]?.json ?? .null })
            },
            route("GET /api/org/users", .admin) { _, _ in
                let users = self.state.read { $0.users.values.sorted { $0.login < $1.login } }
                return Reply.json(.array(users.map(\.member)))
            },
            route("PATCH /api/org/users/{id}", .admin) { call, _ in
                guard let role = Role(word: try await call.json()["role"].string) else {
                    throw Refusal(400, "Invalid role specified")
                }
                try self.change(call) { $0.role = role }
                return Reply.message("Organization user updated")
            },
            serverAdmin("GET /api/orgs") { call, _ in
                let all = self.state.read { $0.organisations.values.sorted { $0.id < $1.id } }
                return Reply.json(
                    .array(Page(call.query, size: "perpage", normal: 1000, most: 1000).of(all).map(\.json)))
            },
            serverAdmin("POST /api/orgs") { call, _ in
                guard let name = try await call.json()["name"].string, !name.isEmpty else {
                    throw Refusal(400, "bad request data")
                }
                let organisation = try self.state.update { state in
                    guard !state.organisations.values.contains(where: { $0.name == name }) else {
                        throw Refusal(409, "Organization name taken")
                    }
                    let organisation = Organisation(id: state.nextID() + Self.mainOrganisation, name: name)
                    state.organisations[organisation.id] = organisation
                    return organisation
                }
                return Reply.message("Organization created", ["orgId": .int(organisation.id)])
            },
            serverAdmin("GET /api/orgs/name/{name}") { call, _ in
                Reply.json(try self.organisation { $0.name == call["name"] }.json)
            },
            serverAdmin("GET /api/orgs/{id}") { call, _ in
                Reply.json(try self.organisation { "\($0.id)" == call["id"] }.json)
            },
            serverAdmin("DELETE /api/orgs/{id}") { call, _ in
                let organisation = try self.organisation { "\($0.id)" == call["id"] }
                guard organisation.id != Self.mainOrganisation else {
                    throw Refusal(400, "Can not delete org for current user")
                }
                try self.state.update { $0.organisations[organisation.id] = nil }
                return Reply.message("Organization deleted")
            },
        ]
    }

    private func organisation(_ isWanted: (Organisation) -> Bool) throws -> Organisation {
        guard let found = state.read({ $0.organisations.values.first(where: isWanted) }) else {
            throw Refusal(404, "Organization not found")
        }
        return found
    }
}

extension Organisation {
    fileprivate var json: JSON { ["id": .int(id), "name": .string(name), "address": [:]] }
}

extension User {
    fileprivate var json: JSON {
        [
            "id": .int(id), "uid": .string(uid), "email": .string(email), "name": .string(name),
            "login": .string(login), "theme": "", "orgId": .int(Grafana.mainOrganisation),
            "isGrafanaAdmin": .bool(isServerAdmin), "isAdmin": .bool(isServerAdmin), "isDisabled": .bool(isDisabled),
            "isExternal": false, "authLabels": [], "createdAt": .string(created), "updatedAt": .string(created),
            "avatarUrl": .string("/avatar/\(id)"),
        ]
    }

    fileprivate var member: JSON {
        [
            "orgId": .int(Grafana.mainOrganisation), "userId": .int(id), "email": .string(email),
            "login": .string(login), "name": .string(name), "role": .string(role.word), "isDisabled": .bool(isDisabled),
        ]
    }
}
