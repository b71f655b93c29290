import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Organisations and their teams.
    func organisationRoutes() -> [Route] {
        [
            user("POST /api/v1/orgs", .organization) { call, caller in
                try await self.createOrganisation(call, owner: caller.account)
            },
            open("GET /api/v1/orgs") { call, caller in
                self.organisations(call) { $1.visibility == "public" || self.isMember(caller, of: $1, $0) }
            },
            user("GET /api/v1/user/orgs", .organization) { call, caller in
                self.organisations(call) { $0.isMember(caller.account, of: $1.id) }
            },
            open("GET /api/v1/users/{username}/orgs") { call, _ in
                let account = try self.account(call["username"])
                return self.organisations(call) { $0.isMember(account, of: $1.id) }
            },
            open("GET /api/v1/orgs/{org}") { call, caller in
                let organisation = try self.organisation(call)
                let isVisible = self.site.read { site in
                    organisation.visibility != "private" || self.isMember(caller, of: organisation, site)
                }
                guard isVisible else { throw Refusal(404, "The target couldn't be found.") }
                return Reply.json(self.shapes(call).organisation(organisation))
            },
            user("PATCH /api/v1/orgs/{org}", .organization) { call, caller in
                try await self.editOrganisation(call, caller)
            },
            user("DELETE /api/v1/orgs/{org}", .organization) { call, caller in
                try self.deleteOrganisation(call, caller)
            },
            open("GET /api/v1/orgs/{org}/repos") { call, caller in
                try await self.list(call, caller, of: try self.organisation(call))
            },
            user("POST /api/v1/orgs/{org}/repos", .organization) { call, caller in
                let organisation = try self.organisation(call)
                guard self.site.read({ $0.owns(caller.account, organisation: organisation.id) }) else {
                    throw Refusal(403, "only owners of \(organisation.login) may create repositories in it")
                }
                return try await self.createRepository(call, caller, owner: organisation)
            },
            open("GET /api/v1/orgs/{org}/members/{username}") { call, _ in
                let organisation = try self.organisation(call)
                let account = try self.account(call["username"])
                guard self.site.read({ $0.isMember(account, of: organisation.id) }) else {
                    throw Refusal(404, "\(account.login) is no member of \(organisation.login)")
                }
                return Reply.empty()
            },
            user("DELETE /api/v1/orgs/{org}/members/{username}", .organization) { call, caller in
                let id = try self.owned(call, caller).id
                let member = try self.account(call["username"]).id
                try self.site.update { site in
                    for team in site.teams.values where team.organisation == id {
                        site.teams[team.id]?.members.remove(member)
                        guard team.access != .owner || site.teams[team.id]?.members.isEmpty == false else {
                            throw Refusal(422, "the last owner stays")
                        }
                    }
                }
                return Reply.empty()
            },
            open("GET /api/v1/orgs/{org}/members") { call, _ in
                let organisation = try self.organisation(call)
                let shapes = self.shapes(call)
                let teams = shapes.site.teams.values.filter { $0.organisation == organisation.id }
                let members = Set(teams.flatMap(\.members)).compactMap { shapes.site.accounts[$0] }
                return Page(call.query).answer(members.sorted { $0.login < $1.login }, call) { shapes.user($0) }
            },
        ]
    }

    func organisation(_ call: Call) throws -> Account {
        guard let account = site.read({ $0.account(call["org"]) }), account.isOrganisation else {
            throw Refusal(404, "The target couldn't be found.")
        }
        return account
    }

    /// Throws unless the caller owns the organisation.
    func owned(_ call: Call, _ caller: Caller) throws -> Account {
        let organisation = try organisation(call)
        guard site.read({ $0.owns(caller.account, organisation: organisation.id) }) else {
            throw Refusal(403, "Must be an organization owner")
        }
        return organisation
    }

    private func isMember(_ caller: Caller?, of organisation: Account, _ site: Site) -> Bool {
        guard let account = caller?.account else { return false }
        return account.isAdmin || site.isMember(account, of: organisation.id)
    }

    private func organisations(_ call: Call, _ isWanted: (Site, Account) -> Bool) -> Response {
        let shapes = shapes(call)
        let found = shapes.site.accounts.values.filter { $0.isOrganisation && isWanted(shapes.site, $0) }
        return Page(call.query).answer(found.sorted { $0.login < $1.login }, call) { shapes.organisation($0) }
    }

    func createOrganisation(_ call: Call, owner: Account) async throws -> Response {
        let body = try await call.json()
        let name = try Self.checkName(body["username"].string, field: "UserName")
        let organisation = try site.update { site in
            guard site.account(name) == nil else { throw Refusal(422, "user already exists [name: \(name)]") }
            var organisation = Account(id: site.nextID(), login: name, created: Clock.now())
            organisation.apply(body)
            site.accounts[organisation.id] = organisation
            let owners = Team(
                id: site.nextID(), organisation: organisation.id, name: "Owners", description: "", access: .owner,
                hasAllRepositories: true, members: [owner.id])
            site.teams[owners.id] = owners
            return organisation
        }
        return Reply.json(shapes(call).organisation(organisation), status: 201)
    }

    private func editOrganisation(_ call: Call, _ caller: Caller) async throws -> Response {
        let body = try await call.json()
        let id = try owned(call, caller).id
        let changed = try site.update { site in
            site.accounts[id]?.apply(body)
            return site.accounts[id]
        }
        return Reply.json(changed.map(shapes(call).organisation) ?? .null)
    }

    private func deleteOrganisation(_ call: Call, _ caller: Caller) throws -> Response {
        let id = try owned(call, caller).id
        try site.update { site in
            guard !site.repositories.values.contains(where: { $0.owner == id }) else {
                throw Refusal(422, "user still has ownership of repositories [uid: \(id)]")
            }
            site.accounts[id] = nil
            site.teams = site.teams.filter { $0.value.organisation != id }
        }
        return Reply.empty()
    }
}

extension Account {
    /// What a body says of an organisation.
    fileprivate mutating func apply(_ body: JSON) {
        fullName = body["full_name"].string ?? fullName
        description = body["description"].string ?? description
        website = body["website"].string ?? website
        location = body["location"].string ?? location
        email = body["email"].string ?? email
        visibility = body["visibility"].string.flatMap { $0.isEmpty ? nil : $0 } ?? visibility
    }
}
