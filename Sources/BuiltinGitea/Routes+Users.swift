import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Health, version, users, tokens.
    func userRoutes() -> [Route] {
        [
            Route("GET /api/healthz") { _ in try self.health() },
            open("GET /api/v1/version") { _, _ in Reply.json(["version": "1.22.0"]) },
            user("GET /api/v1/user", .user) { call, caller in
                Reply.json(self.shapes(call).user(caller.account))
            },
            open("GET /api/v1/users/search") { call, _ in self.searchUsers(call) },
            open("GET /api/v1/users/{username}") { call, _ in
                Reply.json(self.shapes(call).user(try self.account(call["username"])))
            },
            user("GET /api/v1/users/{username}/tokens", .user) { call, caller in
                let owner = try self.tokenOwner(call, caller)
                let tokens = self.site.read { $0.tokens.values.filter { $0.user == owner.id } }
                return Page(call.query).answer(tokens.sorted { $0.id < $1.id }, call) { $0.json(secret: "") }
            },
            user("POST /api/v1/users/{username}/tokens", .user) { call, caller in
                try await self.createToken(call, caller)
            },
            user("DELETE /api/v1/users/{username}/tokens/{token}", .user) { call, caller in
                let owner = try self.tokenOwner(call, caller)
                try self.site.update { site in
                    let found = site.tokens.values.first {
                        $0.user == owner.id && ($0.name == call["token"] || "\($0.id)" == call["token"])
                    }
                    guard let found else { throw Refusal(404, "there is no token \(call["token"])") }
                    site.tokens[found.id] = nil
                }
                return Reply.empty()
            },
        ]
    }

    /// The account of that name. Throws a refusal with status 404.
    func account(_ login: String) throws -> Account {
        guard let account = site.read({ $0.account(login) }) else {
            throw Refusal(404, "user redirect does not exist [name: \(login)]")
        }
        return account
    }

    private func health() throws -> Response {
        let time = Clock.now()
        let check: JSON = [["status": "pass", "time": .string(time), "output": ""]]
        return Reply.json(
            [
                "status": "pass", "description": "Gitea: Git with a cup of tea",
                "checks": ["cache:ping": check, "database:ping": check],
            ], type: "application/json; charset=utf-8")
    }

    private func searchUsers(_ call: Call) -> Response {
        let text = (call.query["q"] ?? "").lowercased()
        let shapes = shapes(call)
        let found = shapes.site.accounts.values.filter { account in
            !account.isOrganisation
                && (text.isEmpty || account.login.lowercased().contains(text)
                    || account.fullName.lowercased().contains(text))
        }.sorted { $0.login < $1.login }
        let page = Page(call.query).of(found).map { shapes.user($0) }
        return Reply.json(["ok": true, "data": .array(page)], headers: ["X-Total-Count": "\(found.count)"])
    }

    /// Whose tokens a request is about: one's own; an administrator also has others'.
    private func tokenOwner(_ call: Call, _ caller: Caller) throws -> Account {
        // A token must not make further tokens.
        guard caller.token == nil else { throw Refusal(401, "auth required") }
        let owner = try account(call["username"])
        guard owner.id == caller.account.id || caller.account.isAdmin else {
            throw Refusal(403, "only the user himself or an administrator may do this")
        }
        return owner
    }

    private func createToken(_ call: Call, _ caller: Caller) async throws -> Response {
        let owner = try tokenOwner(call, caller)
        let body = try await call.json()
        guard let name = body["name"].string, !name.isEmpty else { throw Refusal(422, "[Name]: Required") }
        let scopes = body["scopes"].strings
        guard !scopes.isEmpty else { throw Refusal(400, "access token must have a scope") }
        if let unknown = scopes.first(where: { !Scope.all.contains($0) }) {
            throw Refusal(400, "invalid access token scope provided: invalid access token scope: \(unknown)")
        }
        let secret = Secret.token()
        let token = try site.update { site in
            guard !site.tokens.values.contains(where: { $0.user == owner.id && $0.name == name }) else {
                throw Refusal(400, "access token name has been used already")
            }
            let token = AccessToken(
                id: site.nextID(), user: owner.id, name: name, digest: Secret.digest(secret),
                lastEight: String(secret.suffix(8)), scopes: scopes)
            site.tokens[token.id] = token
            return token
        }
        return Reply.json(token.json(secret: secret), status: 201)
    }
}

extension AccessToken {
    /// The secret is shown once, when the token is made.
    fileprivate func json(secret: String) -> JSON {
        [
            "id": .int(id), "name": .string(name), "sha1": .string(secret), "token_last_eight": .string(lastEight),
            "scopes": .strings(scopes),
        ]
    }
}
