import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Teams of organisations.
    func teamRoutes() -> [Route] {
        [
            user("GET /api/v1/orgs/{org}/teams", .organization) { call, _ in
                let organisation = try self.organisation(call)
                let shapes = self.shapes(call)
                let teams = shapes.site.teams.values.filter { $0.organisation == organisation.id }
                return Page(call.query).answer(teams.sorted { $0.id < $1.id }, call) { shapes.team($0) }
            },
            user("POST /api/v1/orgs/{org}/teams", .organization) { call, caller in
                try await self.createTeam(call, caller)
            },
            user("GET /api/v1/teams/{id}", .organization) { call, _ in
                Reply.json(self.shapes(call).team(try self.team(call)))
            },
            user("DELETE /api/v1/teams/{id}", .organization) { call, caller in
                let team = try self.ownedTeam(call, caller)
                guard team.access != .owner else { throw Refusal(422, "the team of owners stays") }
                try self.site.update { $0.teams[team.id] = nil }
                return Reply.empty()
            },
            user("GET /api/v1/teams/{id}/members", .organization) { call, _ in
                let shapes = self.shapes(call)
                let members = try self.team(call).members.compactMap { shapes.site.accounts[$0] }
                return Page(call.query).answer(members.sorted { $0.login < $1.login }, call) { shapes.user($0) }
            },
            user("PUT /api/v1/teams/{id}/members/{username}", .organization) { call, caller in
                try self.changeMember(call, caller) { $0.insert($1) }
            },
            user("DELETE /api/v1/teams/{id}/members/{username}", .organization) { call, caller in
                try self.changeMember(call, caller) { $0.remove($1) }
            },
            user("GET /api/v1/teams/{id}/repos", .organization) { call, caller in
                let team = try self.team(call)
                let all = self.site.read { $0.repositories.values.filter { $0.owner == team.organisation } }
                let theirs = all.filter { team.hasAllRepositories || team.repositories.contains($0.id) }
                return try await self.answer(theirs, call, caller)
            },
            user("PUT /api/v1/teams/{id}/repos/{owner}/{repo}", .organization) { call, caller in
                try self.changeRepository(call, caller) { $0.insert($1) }
            },
            user("DELETE /api/v1/teams/{id}/repos/{owner}/{repo}", .organization) { call, caller in
                try self.changeRepository(call, caller) { $0.remove($1) }
            },
        ]
    }

    private func team(_ call: Call) throws -> Team {
        guard let id = Int(call["id"]), let team = site.read({ $0.teams[id] }) else {
            throw Refusal(404, "The target couldn't be found.")
        }
        return team
    }

    private func ownedTeam(_ call: Call, _ caller: Caller) throws -> Team {
        let team = try team(call)
        guard site.read({ $0.owns(caller.account, organisation: team.organisation) }) else {
            throw Refusal(403, "Must be an organization owner")
        }
        return team
    }

    private func createTeam(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        let organisation = try owned(call, caller)
        let name = try Self.checkName(body["name"].string, field: "Name")
        guard let access = Access(word: body["permission"].string ?? "read"), access > .none else {
            throw Refusal(422, "permission: one of read, write, admin")
        }
        let team = try site.update { site in
            let others = site.teams.values.filter { $0.organisation == organisation.id }
            guard !others.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw Refusal(422, "team already exists [org_id: \(organisation.id), name: \(name)]")
            }
            let team = Team(
                id: site.nextID(), organisation: organisation.id, name: name,
                description: body["description"].string ?? "", access: access,
                hasAllRepositories: body["includes_all_repositories"].bool ?? false)
            site.teams[team.id] = team
            return team
        }
        return Reply.json(shapes(call).team(team), status: 201)
    }

    private func changeMember(
        _ call: Call, _ caller: Caller, _ change: (inout Set<Int>, Int) -> Void
    ) throws -> Response {
        let team = try ownedTeam(call, caller)
        let member = try account(call["username"])
        try site.update { site in
            guard var changed = site.teams[team.id] else { return }
            change(&changed.members, member.id)
            guard changed.access != .owner || !changed.members.isEmpty else {
                throw Refusal(422, "the last owner stays")
            }
            site.teams[team.id] = changed
        }
        return Reply.empty()
    }

    private func changeRepository(
        _ call: Call, _ caller: Caller, _ change: (inout Set<Int>, Int) -> Void
    ) throws -> Response {
        let team = try ownedTeam(call, caller)
        let repository = try repositoryCall(call, caller).repository
        guard repository.owner == team.organisation else { throw Refusal(404, "The target couldn't be found.") }
        try site.update { site in
            guard var changed = site.teams[team.id] else { return }
            change(&changed.repositories, repository.id)
            site.teams[team.id] = changed
        }
        return Reply.empty()
    }
}
