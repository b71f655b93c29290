import BuiltinSupport

/// What members of a project may do; the numbers are the API's.
enum ProjectRole: Int, Codable, Sendable {
    case admin = 1
    case developer = 2
    case guest = 3
    case maintainer = 4
    case limitedGuest = 5

    var word: String {
        switch self {
        case .admin: "projectAdmin"
        case .developer: "developer"
        case .guest: "guest"
        case .maintainer: "maintainer"
        case .limitedGuest: "limitedGuest"
        }
    }

    var actions: Set<String> {
        switch self {
        case .admin, .maintainer: ["pull", "push", "delete"]
        case .developer: ["pull", "push"]
        case .guest, .limitedGuest: ["pull"]
        }
    }
}

struct User: Codable, Sendable {
    let id: Int
    let name: String
    var email: String
    var realName: String
    var comment: String
    var isAdmin: Bool
    var password: PasswordHash
    let created: String
    var updated: String
}

struct Member: Codable, Sendable {
    let id: Int
    let user: Int
    var role: ProjectRole
}

struct Project: Codable, Sendable {
    let id: Int
    let name: String
    let owner: Int
    var metadata: [String: String]
    var members: [Int: Member] = [:]
    let created: String
    var updated: String

    var isPublic: Bool { metadata["public"] == "true" }
}

struct Tag: Codable, Sendable {
    let id: Int
    let name: String
    var pushed: String
    var pulled: String?
}

struct Artifact: Codable, Sendable {
    let id: Int
    let digest: String
    let manifestMediaType: String
    let configMediaType: String
    let artifactType: String
    let size: Int
    let annotations: [String: String]
    let children: [String]
    var tags: [Tag] = []
    var pushed: String
    var pulled: String?
}

struct Repository: Codable, Sendable {
    let id: Int
    let project: Int
    /// With the project's name before it.
    let name: String
    var description = ""
    var pulls = 0
    var artifacts: [String: Artifact] = [:]
    let created: String
    var updated: String

    /// The artifact of a tag or digest.
    func artifact(_ reference: String) -> Artifact? {
        artifacts[reference] ?? artifacts.values.first { $0.tags.contains { $0.name == reference } }
    }
}

struct Robot: Codable, Sendable {
    struct Permission: Codable, Sendable {
        let kind: String
        let namespace: String
        /// Pairs of resource and action.
        let access: [[String]]
    }

    let id: Int
    let name: String
    var description: String
    let level: String
    var permissions: [Permission]
    var digest: String
    var isDisabled = false
    /// Seconds since 1970; -1: never.
    let expires: Int
    let created: String
    var updated: String
}

/// Everything that the service keeps beside the registry and the audit log.
struct HarborState: Codable, Sendable {
    /// The key that tokens are signed with.
    let signingKey: String
    private var lastID = 1
    var users: [Int: User] = [:]
    var projects: [Int: Project] = [:]
    /// By full name.
    var repositories: [String: Repository] = [:]
    var robots: [Int: Robot] = [:]

    init(signingKey: String) { self.signingKey = signingKey }

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    func user(_ name: String) -> User? { users.values.first { $0.name == name } }

    func project(_ name: String) -> Project? { projects.values.first { $0.name == name } }

    func repositories(of project: Project) -> [Repository] {
        repositories.values.filter { $0.project == project.id }.sorted { $0.name < $1.name }
    }
}
