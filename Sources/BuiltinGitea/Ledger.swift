import BuiltinSupport

/// Everything of one repository that git does not hold.
struct Ledger: Codable, Sendable {
    private var lastID = 0
    /// Issues get their numbers here, under the lock of the state file: strictly rising in the order of creation.
    private var lastNumber = 0
    var issues: [Int: Issue] = [:]
    var labels: [Int: Label] = [:]
    var milestones: [Int: Milestone] = [:]
    var releases: [Int: Release] = [:]
    var hooks: [Int: Hook] = [:]
    var deliveries: [Delivery] = []

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }
}

struct Issue: Codable, Sendable {
    let id: Int
    let number: Int
    let author: Int
    var title: String
    var body: String
    var labels: [Int] = []
    var assignees: [Int] = []
    var milestone: Int?
    var comments: [Comment] = []
    var due: String?
    let created: String
    var updated: String
    var closed: String?
}

struct Comment: Codable, Sendable {
    let id: Int
    let author: Int
    var body: String
    let created: String
    var updated: String
}

struct Label: Codable, Sendable {
    let id: Int
    var name: String
    /// Six hexadecimal digits.
    var color: String
    var description: String
    var isExclusive: Bool
}

struct Milestone: Codable, Sendable {
    let id: Int
    var title: String
    var description: String
    var due: String?
    let created: String
    var updated: String
    var closed: String?
}

struct Release: Codable, Sendable {
    let id: Int
    let author: Int
    var tag: String
    var target: String
    var name: String
    var body: String
    var isDraft: Bool
    var isPrerelease: Bool
    var assets: [Asset] = []
    let created: String
}

struct Asset: Codable, Sendable {
    let id: Int
    var name: String
    let size: Int
    /// The file's name on our disk.
    let uuid: String
    var downloads = 0
    let created: String
}

struct Hook: Codable, Sendable {
    let id: Int
    let type: String
    var url: String
    var contentType: String
    var secret: String
    var events: [String]
    var isActive: Bool
    var branchFilter: String
    var authorization: String
    let created: String
    var updated: String
}

/// One event on its way to one hook; kept until it arrived or was given up, and some time longer, as a log.
struct Delivery: Codable, Sendable {
    enum State: String, Codable, Sendable { case pending, delivered, failed }

    let uuid: String
    let hook: Int
    let event: String
    let payload: String
    let created: String
    var state = State.pending
    var attempts = 0
    /// The last answer's status, nil without one.
    var status: Int?
    var problem: String?
}
