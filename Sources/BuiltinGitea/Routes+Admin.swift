import BuiltinSupport
import Hummingbird

extension Gitea {
    /// What administrators do with users and organisations.
    func adminRoutes() -> [Route] {
        [
            admin("GET /api/v1/admin/users") { call, _ in
                let shapes = self.shapes(call)
                let users = shapes.site.accounts.values.filter { !$0.isOrganisation }.sorted { $0.login < $1.login }
                return Page(call.query).answer(users, call) { shapes.user($0) }
            },
            admin("POST /api/v1/admin/users") { call, _ in try await self.createUser(call) },
            admin("PATCH /api/v1/admin/users/{username}") { call, _ in try await self.editUser(call) },
            admin("DELETE /api/v1/admin/users/{username}") { call, caller in try self.deleteUser(call, caller) },
            admin("POST /api/v1/admin/users/{username}/repos") { call, caller in
                try await self.createRepository(call, caller, owner: try self.account(call["username"]))
            },
            admin("POST /api/v1/admin/users/{username}/orgs") { call, _ in
                try await self.createOrganisation(call, owner: try self.account(call["username"]))
            },
            admin("GET /api/v1/admin/orgs") { call, _ in
                let shapes = self.shapes(call)
                let organisations = shapes.site.accounts.values.filter(\.isOrganisation).sorted { $0.login < $1.login }
                return Page(call.query).answer(organisations, call) { shapes.organisation($0) }
            },
        ]
    }

    /// Throws unless the text may be the name of an account or repository.
    static func checkName(_ name: String?, field: String) throws -> String {
        guard let name, !name.isEmpty else { throw Refusal(422, "[\(field)]: Required") }
        let plain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "-_.".utf8.contains(byte)
            }
        }
        let reserved = ["api", "admin", "user", "users", "repos", "org", "explore", ".", "..", "-"]
        guard plain, name.utf8.count <= 100, !name.hasSuffix(".git"), !name.hasPrefix("."),
            !reserved.contains(name.lowercased())
        else { throw Refusal(422, "name is reserved or contains a pattern that is not allowed [name: \(name)]") }
        return name
    }

    private func createUser(_ call: Call) async throws -> Response {
        let body = try await call.json()
        let name = try Self.checkName(body["username"].string, field: "Username")
        guard let email = body["email"].string, email.contains("@") else { throw Refusal(422, "[Email]: Email") }
        guard let password = body["password"].string, password.utf8.count >= 8 else {
            throw Refusal(400, "password is too short: at least 8 characters")
        }
        var account = Account(id: try site.update { $0.nextID() }, login: name, created: Clock.now())
        account.email = email
        account.fullName = body["full_name"].string ?? ""
        account.mustChangePassword = body["must_change_password"].bool ?? true
        account.visibility = body["visibility"].string ?? "public"
        account.password = try PasswordHash(password)
        let user = account
        try site.update { site in
            guard site.account(name) == nil else { throw Refusal(422, "user already exists [name: \(name)]") }
            guard !site.accounts.values.contains(where: { $0.email.lowercased() == email.lowercased() }) else {
                throw Refusal(422, "e-mail already in use [email: \(email)]")
            }
            site.accounts[user.id] = user
        }
        return Reply.json(shapes(call).user(user), status: 201)
    }

    private func editUser(_ call: Call) async throws -> Response {
        let body = try await call.json()
        let account = try account(call["username"])
        let password = try body["password"].string.flatMap { try $0.isEmpty ? nil : PasswordHash($0) }
        let changed = try site.update { site in
            var changed = site.accounts[account.id] ?? account
            changed.email = body["email"].string ?? changed.email
            changed.fullName = body["full_name"].string ?? changed.fullName
            changed.website = body["website"].string ?? changed.website
            changed.location = body["location"].string ?? changed.location
            changed.description = body["description"].string ?? changed.description
            changed.visibility = body["visibility"].string ?? changed.visibility
            changed.isAdmin = body["admin"].bool ?? changed.isAdmin
            changed.isActive = body["active"].bool ?? changed.isActive
            changed.mustChangePassword = body["must_change_password"].bool ?? changed.mustChangePassword
            changed.password = password ?? changed.password
            site.accounts[account.id] = changed
            return changed
        }
        return Reply.json(shapes(call).user(changed))
    }

    private func deleteUser(_ call: Call, _ caller: Caller) throws -> Response {
        let account = try account(call["username"])
        guard account.id != caller.account.id else { throw Refusal(422, "you cannot delete yourself") }
        let owned = site.read { $0.repositories.values.filter { $0.owner == account.id } }
        guard owned.isEmpty || call.query.flag("purge") == true else {
            throw Refusal(422, "user still has ownership of repositories [uid: \(account.id)]")
        }
        for repository in owned { try delete(repository) }
        try site.update { site in
            site.accounts[account.id] = nil
            site.tokens = site.tokens.filter { $0.value.user != account.id }
            for id in site.teams.keys { site.teams[id]?.members.remove(account.id) }
            for id in site.repositories.keys { site.repositories[id]?.collaborators[account.id] = nil }
        }
        return Reply.empty()
    }
}
