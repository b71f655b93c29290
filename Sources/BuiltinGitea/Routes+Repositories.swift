import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Repositories: making, finding, changing, and who works on them.
    func repositoryRoutes() -> [Route] {
        [
            user("POST /api/v1/user/repos", .repository) { call, caller in
                try await self.createRepository(call, caller, owner: caller.account)
            },
            user("GET /api/v1/user/repos", .repository) { call, caller in
                let mine = self.site.read { site in
                    site.repositories.values.filter {
                        $0.owner == caller.account.id || $0.collaborators[caller.account.id] != nil
                            || site.isMember(caller.account, of: $0.owner)
                    }
                }
                return try await self.answer(mine, call, caller)
            },
            open("GET /api/v1/users/{username}/repos") { call, caller in
                try await self.list(call, caller, of: try self.account(call["username"]))
            },
            open("GET /api/v1/repos/search") { call, caller in try await self.searchRepositories(call, caller) },
            repository("GET", .read) { found in
                Reply.json(try await self.describe(found.repository, found.call, found.caller))
            },
            repository("PATCH", .admin) { found in try await self.editRepository(found) },
            repository("DELETE", .owner) { found in
                try self.delete(found.repository)
                return Reply.empty()
            },
        ] + collaboratorRoutes()
    }

    func list(_ call: Call, _ caller: Caller?, of owner: Account) async throws -> Response {
        try await answer(site.read { $0.repositories.values.filter { $0.owner == owner.id } }, call, caller)
    }

    /// One page of those repositories that the caller may see.
    func answer(_ repositories: [Repository], _ call: Call, _ caller: Caller?) async throws -> Response {
        let visible = visible(repositories, to: caller)
        var described: [String: JSON] = [:]
        for repository in Page(call.query).of(visible) {
            described[repository.name + "/\(repository.owner)"] = try await describe(repository, call, caller)
        }
        return Page(call.query).answer(visible, call) { described[$0.name + "/\($0.owner)"] ?? .null }
    }

    private func visible(_ repositories: [Repository], to caller: Caller?) -> [Repository] {
        site.read { site in
            repositories.filter { site.access(of: caller?.account, to: $0) > .none }.sorted { $0.id < $1.id }
        }
    }

    private func searchRepositories(_ call: Call, _ caller: Caller?) async throws -> Response {
        let text = (call.query["q"] ?? "").lowercased()
        let owner = call.query["uid"].flatMap(Int.init)
        let all = site.read { Array($0.repositories.values) }
        let found = visible(all, to: caller).filter { repository in
            (text.isEmpty || repository.name.lowercased().contains(text))
                && (owner == nil || owner == 0 || repository.owner == owner)
        }
        var data: [JSON] = []
        for repository in Page(call.query).of(found) { data.append(try await describe(repository, call, caller)) }
        return Reply.json(["ok": true, "data": .array(data)], headers: ["X-Total-Count": "\(found.count)"])
    }

    func createRepository(_ call: Call, _ caller: Caller, owner: Account) async throws -> Response {
        let body = try await call.json()
        let name = try Self.checkName(body["name"].string, field: "Name")
        let branch = body["default_branch"].string.flatMap { $0.isEmpty ? nil : $0 } ?? "main"
        guard try await git(0).isName(branch) else { throw Refusal(422, "\(branch) is no name of a branch") }
        let exists = Refusal(409, "The repository with the same name already exists.")
        guard site.read({ $0.repository(owner.login, name) }) == nil else { throw exists }
        let id = try site.update { $0.nextID() }
        let git = git(id)
        try await git.create(defaultBranch: branch, hooks: "\(directory)/hooks")
        let repository = Repository(
            id: id, owner: owner.id, name: name, description: body["description"].string ?? "",
            isPrivate: body["private"].bool ?? false, defaultBranch: branch, created: Clock.now(),
            updated: Clock.now())
        if body["auto_init"].bool == true {
            let person = (name: caller.account.login, email: caller.account.email, date: String?.none)
            let text = "# \(name)\n\n\(repository.description)\n"
            _ = try await git.commit(
                CommitOrder(
                    branch: branch, base: nil, message: "Initial commit", author: person, committer: person,
                    changes: [FileChange(path: "README.md", action: .create(Array(text.utf8)))]))
        }
        // Announced only now that everything is there; of two at the same time one is told.
        try site.update { site in
            guard site.repository(owner.login, name) == nil else { throw exists }
            site.repositories[id] = repository
        }
        return Reply.json(try await describe(repository, call, caller), status: 201)
    }

    private func editRepository(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        let name = try body["name"].string.map { try Self.checkName($0, field: "Name") }
        if let branch = body["default_branch"].string {
            guard try await found.git.target(of: "refs/heads/\(branch)") != nil else {
                throw Refusal(422, "there is no branch \(branch)")
            }
            try await found.git.run(["symbolic-ref", "HEAD", "refs/heads/\(branch)"])
        }
        let changed = try site.update { site in
            var changed = found.repository
            if let name, name.lowercased() != changed.name.lowercased() {
                guard site.repository(found.owner, name) == nil else {
                    throw Refusal(422, "repository name already exists: \(name)")
                }
            }
            changed.name = name ?? changed.name
            changed.description = body["description"].string ?? changed.description
            changed.website = body["website"].string ?? changed.website
            changed.isPrivate = body["private"].bool ?? changed.isPrivate
            changed.isArchived = body["archived"].bool ?? changed.isArchived
            changed.defaultBranch = body["default_branch"].string ?? changed.defaultBranch
            changed.updated = Clock.now()
            site.repositories[changed.id] = changed
            return changed
        }
        return Reply.json(try await describe(changed, found.call, found.caller))
    }

    private func collaboratorRoutes() -> [Route] {
        [
            repository("GET /collaborators", .read) { found in
                let shapes = self.shapes(found.call)
                let people = found.repository.collaborators.keys.compactMap { shapes.site.accounts[$0] }
                return Page(found.call.query).answer(people.sorted { $0.login < $1.login }, found.call) {
                    shapes.user($0)
                }
            },
            repository("GET /collaborators/{user}", .read) { found in
                let account = try self.account(found.call["user"])
                guard found.repository.collaborators[account.id] != nil else { throw Refusal(404, "no collaborator") }
                return Reply.empty()
            },
            repository("GET /collaborators/{user}/permission", .read) { found in
                let account = try self.account(found.call["user"])
                let shapes = self.shapes(found.call)
                let word = shapes.site.access(of: account, to: found.repository).word
                return Reply.json([
                    "permission": .string(word), "role_name": .string(word), "user": shapes.user(account),
                ])
            },
            repository("PUT /collaborators/{user}", .admin) { found in
                let account = try self.account(found.call["user"])
                let body = try await found.call.json()
                guard let access = Access(word: body["permission"].string ?? "write"), access > .none else {
                    throw Refusal(422, "permission: one of read, write, admin")
                }
                try self.site.update { $0.repositories[found.repository.id]?.collaborators[account.id] = access }
                return Reply.empty()
            },
            repository("DELETE /collaborators/{user}", .admin) { found in
                let account = try self.account(found.call["user"])
                try self.site.update { $0.repositories[found.repository.id]?.collaborators[account.id] = nil }
                return Reply.empty()
            },
            repository("GET /topics", .read) { found in Reply.json(["topics": .strings(found.repository.topics)]) },
            repository("PUT /topics", .admin) { found in
                let topics = try await found.call.json()["topics"].strings
                try self.site.update { $0.repositories[found.repository.id]?.topics = topics.sorted() }
                return Reply.empty()
            },
        ]
    }
}
