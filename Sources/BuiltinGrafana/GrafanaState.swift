import BuiltinSupport

/// What somebody may do, in rising order.
enum Role: Int, Codable, Sendable, Comparable {
    case none, viewer, editor, admin

    static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }

    /// The spelling in the API.
    var word: String { ["None", "Viewer", "Editor", "Admin"][rawValue] }

    init?(word: String?) {
        guard let index = ["None", "Viewer", "Editor", "Admin"].firstIndex(of: word ?? "") else { return nil }
        self.init(rawValue: index)
    }
}

struct User: Codable, Sendable {
    let id: Int
    let uid: String
    var login: String
    var email: String
    var name: String
    var password: PasswordHash
    var role: Role
    var isServerAdmin: Bool
    var isDisabled = false
    let created: String
}

struct Organisation: Codable, Sendable {
    let id: Int
    var name: String
}

struct ServiceAccount: Codable, Sendable {
    struct Token: Codable, Sendable {
        let id: Int
        let name: String
        let digest: String
        let created: String
        /// Seconds since 1970; nil: never.
        let expiration: Double?
    }

    let id: Int
    var name: String
    var role: Role
    var isDisabled: Bool
    var tokens: [Token] = []
}

struct DataSource: Codable, Sendable {
    let id: Int
    var uid: String
    /// What the API was given, without what is secret.
    var body: JSON
    var secrets: [String: String] = [:]
    var version = 1
    var isReadOnly = false

    var name: String { body["name"].string ?? "" }
    var type: String { body["type"].string ?? "" }
    var url: String { body["url"].string ?? "" }
}

struct Folder: Codable, Sendable {
    let id: Int
    let uid: String
    var title: String
    var parent: String?
    var version = 1
    let created: String
    var updated: String
    let author: String
    var editor: String
}

struct Dashboard: Codable, Sendable {
    struct Version: Codable, Sendable {
        let number: Int
        let model: JSON
        let message: String
        let author: String
        let created: String
    }

    let id: Int
    let uid: String
    var folder: String?
    /// All versions, the latest last.
    var versions: [Version]

    var model: JSON { versions.last?.model ?? [:] }
    var version: Int { versions.last?.number ?? 0 }
    var title: String { model["title"].string ?? "" }
}

struct Annotation: Codable, Sendable {
    let id: Int
    var body: JSON
    let author: String
    let created: Double
    var updated: Double
}

/// Everything that the service keeps.
struct GrafanaState: Codable, Sendable {
    private var lastID = 0
    var users: [Int: User] = [:]
    var organisations = [1: Organisation(id: 1, name: "Main Org.")]
    var serviceAccounts: [Int: ServiceAccount] = [:]
    var datasources: [Int: DataSource] = [:]
    var folders: [String: Folder] = [:]
    var dashboards: [String: Dashboard] = [:]
    var annotations: [Int: Annotation] = [:]

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    func user(_ name: String) -> User? {
        let name = name.lowercased()
        return users.values.first { $0.login.lowercased() == name || $0.email.lowercased() == name }
    }
}
