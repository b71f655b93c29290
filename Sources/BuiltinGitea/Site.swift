import BuiltinSupport

/// A user or an organisation: both share one space of names.
struct Account: Codable, Sendable {
    let id: Int
    var login: String
    var fullName = ""
    var email = ""
    var description = ""
    var website = ""
    var location = ""
    var isAdmin = false
    var isActive = true
    var mustChangePassword = false
    var visibility = "public"
    /// Nil for an organisation.
    var password: PasswordHash?
    let created: String

    var isOrganisation: Bool { password == nil }
}

/// Some members of an organisation and what they may do in some of its repositories.
struct Team: Codable, Sendable {
    let id: Int
    let organisation: Int
    var name: String
    var description: String
    var access: Access
    var hasAllRepositories: Bool
    var members: Set<Int> = []
    var repositories: Set<Int> = []
}

/// A personal access token; of the secret only a digest is kept.
struct AccessToken: Codable, Sendable {
    let id: Int
    let user: Int
    let name: String
    let digest: String
    let lastEight: String
    let scopes: [String]
}

/// What stands in the list of repositories; issues and the like are in a ``Ledger``.
struct Repository: Codable, Sendable {
    let id: Int
    var owner: Int
    var name: String
    var description: String
    var website = ""
    var isPrivate: Bool
    var isArchived = false
    var defaultBranch: String
    var topics: [String] = []
    var collaborators: [Int: Access] = [:]
    let created: String
    var updated: String
}

/// What somebody may do in a repository, in rising order.
enum Access: Int, Codable, Sendable, Comparable {
    case none, read, write, admin, owner

    static func < (left: Access, right: Access) -> Bool { left.rawValue < right.rawValue }

    /// The spelling in the API.
    var word: String {
        switch self {
        case .none: "none"
        case .read: "read"
        case .write: "write"
        case .admin: "admin"
        case .owner: "owner"
        }
    }

    /// The access that the API spells so; an owner is nobody's choice.
    init?(word: String) {
        guard let access = [Access.none, .read, .write, .admin].first(where: { $0.word == word }) else { return nil }
        self = access
    }
}

/// Everything that does not belong to one repository.
struct Site: Codable, Sendable {
    private var lastID = 0
    var accounts: [Int: Account] = [:]
    var teams: [Int: Team] = [:]
    var tokens: [Int: AccessToken] = [:]
    var repositories: [Int: Repository] = [:]

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    /// The account of that name, without regard to case.
    func account(_ login: String) -> Account? {
        let name = login.lowercased()
        return accounts.values.first { $0.login.lowercased() == name }
    }

    func repository(_ owner: String, _ name: String) -> Repository? {
        guard let owner = account(owner)?.id else { return nil }
        let name = name.lowercased()
        return repositories.values.first { $0.owner == owner && $0.name.lowercased() == name }
    }

    func login(of id: Int) -> String { accounts[id]?.login ?? "ghost" }

    /// What an account may do; nil is somebody who did not log in.
    func access(of account: Account?, to repository: Repository) -> Access {
        var access = repository.isPrivate ? Access.none : .read
        guard let account else { return access }
        if account.isAdmin || repository.owner == account.id { return .owner }
        access = max(access, repository.collaborators[account.id] ?? .none)
        for team in teams.values where team.organisation == repository.owner && team.members.contains(account.id) {
            if team.hasAllRepositories || team.repositories.contains(repository.id) {
                access = max(access, team.access)
            }
        }
        return access
    }

    /// Whether an account owns an organisation: is in its team of owners, or administers the site.
    func owns(_ account: Account, organisation: Int) -> Bool {
        account.isAdmin
            || teams.values.contains {
                $0.organisation == organisation && $0.access == .owner && $0.members.contains(account.id)
            }
    }

    func isMember(_ account: Account, of organisation: Int) -> Bool {
        teams.values.contains { $0.organisation == organisation && $0.members.contains(account.id) }
    }
}
