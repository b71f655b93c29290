import BuiltinSupport
import Hummingbird

/// Who asks.
struct Caller: Sendable {
    let account: Account
    /// The token by which he asks; nil with a password.
    let token: AccessToken?

    /// Whether his token, if he has one, allows this.
    func check(_ scope: Scope, writes: Bool) throws {
        guard let token else { return }
        let names = writes ? ["write:\(scope.rawValue)"] : ["read:\(scope.rawValue)", "write:\(scope.rawValue)"]
        guard !Set(names + ["all"]).isDisjoint(with: token.scopes) else {
            throw Refusal(403, "token does not have at least one of required scope(s): [\(names[0])]")
        }
    }
}

/// What tokens are limited to.
enum Scope: String, CaseIterable, Sendable {
    case activitypub, admin, issue, misc, notification, organization, package, repository, user

    /// Everything that a token may be made for.
    static let all = Set(
        allCases.flatMap { ["read:\($0.rawValue)", "write:\($0.rawValue)"] } + ["all", "public-only"])
}

/// A request to a repository, with what the caller may do there.
struct RepositoryCall: Sendable {
    let call: Call
    let caller: Caller?
    let repository: Repository
    /// The owner's name.
    let owner: String
    let access: Access
    let ledger: StateFile<Ledger>
    let git: Git

    /// The caller; routes that need more than reading have one.
    func signedIn() throws -> Account {
        guard let account = caller?.account else { throw Refusal(401, "authentication required") }
        return account
    }

    /// Throws unless the caller may do that much.
    func require(_ needed: Access) throws {
        guard access >= needed else {
            throw Refusal(caller == nil ? 401 : 403, "\(needed.word) access to \(owner)/\(repository.name) is required")
        }
    }
}

extension Gitea {
    /// Who asks; nil for nobody. Throws a refusal with status 401 for what does not hold.
    func caller(_ call: Call) throws -> Caller? {
        let credentials = try Credentials(call.header("Authorization"))
        let query = (call.query["token"] ?? call.query["access_token"]).map { Credentials.token($0) }
        guard let found = credentials ?? query else { return nil }
        let caller = try caller(found)
        guard let name = call.header("Sudo") ?? call.query["sudo"] else { return caller }
        guard caller.account.isAdmin else { throw Refusal(403, "Only administrators allowed to sudo.") }
        guard let other = site.read({ $0.account(name) }) else { throw Refusal(404, "user \(name) does not exist") }
        return Caller(account: other, token: caller.token)
    }

    private func caller(_ credentials: Credentials) throws -> Caller {
        switch credentials {
        case .token(let token):
            if let caller = caller(token: token) { return caller }
        case .basic(let user, let password):
            if let caller = caller(token: password.isEmpty || password == "x-oauth-basic" ? user : password) {
                return caller
            }
            let account = site.read { site in
                site.account(user) ?? site.accounts.values.first { !$0.email.isEmpty && $0.email == user }
            }
            if let account, account.isActive, let hash = account.password, passwords.matches(password, hash) {
                return Caller(account: account, token: nil)
            }
        }
        throw Refusal(401, "invalid username, password or token")
    }

    private func caller(token: String) -> Caller? {
        let digest = Secret.digest(token)
        return site.read { site in
            guard let token = site.tokens.values.first(where: { $0.digest == digest }),
                let account = site.accounts[token.user], account.isActive
            else { return nil }
            return Caller(account: account, token: token)
        }
    }

    /// The repository of a path, if the caller may see it.
    func repositoryCall(_ call: Call, _ caller: Caller?) throws -> RepositoryCall {
        var name = call["repo"]
        if name.hasSuffix(".git") { name.removeLast(4) }
        let found = site.read { site in
            site.repository(call["owner"], name).map { repository in
                (repository, site.login(of: repository.owner), site.access(of: caller?.account, to: repository))
            }
        }
        guard let (repository, owner, access) = found, access > .none else {
            throw Refusal(404, "The target couldn't be found.")
        }
        return RepositoryCall(
            call: call, caller: caller, repository: repository, owner: owner, access: access,
            ledger: try ledger(repository.id), git: git(repository.id))
    }

    // MARK: Rows of the table of routes

    /// A route for everybody.
    func open(_ line: String, _ handler: @escaping @Sendable (Call, Caller?) async throws -> Response) -> Route {
        Route(line) { call in try await handler(call, try self.caller(call)) }
    }

    /// A route for who has logged in.
    func user(
        _ line: String, _ scope: Scope, _ handler: @escaping @Sendable (Call, Caller) async throws -> Response
    ) -> Route {
        Route(line) { call in
            guard let caller = try self.caller(call) else { throw Refusal(401, "token is required") }
            try caller.check(scope, writes: !line.hasPrefix("GET"))
            return try await handler(call, caller)
        }
    }

    /// A route for administrators.
    func admin(
        _ line: String, _ handler: @escaping @Sendable (Call, Caller) async throws -> Response
    ) -> Route {
        user(line, .admin) { call, caller in
            guard caller.account.isAdmin else { throw Refusal(403, "user should be the site admin") }
            return try await handler(call, caller)
        }
    }

    /// A route below `/api/v1/repos/{owner}/{repo}`.
    func repository(
        _ line: String, _ needed: Access, _ scope: Scope = .repository,
        _ handler: @escaping @Sendable (RepositoryCall) async throws -> Response
    ) -> Route {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.count > 1 ? parts[1] : ""
        return Route("\(parts[0]) /api/v1/repos/{owner}/{repo}\(path)") { call in
            let caller = try self.caller(call)
            try caller?.check(scope, writes: parts[0] != "GET")
            let found = try self.repositoryCall(call, caller)
            // Also where reading suffices, nobody changes anything without a name.
            if parts[0] != "GET" { _ = try found.signedIn() }
            try found.require(needed)
            return try await handler(found)
        }
    }
}
