import PlatformService

/// The kinds of secrets, with the documented times that they may live.
enum SecretType: String, Sendable, Codable, CaseIterable {
    case ssh, aws, upcloud, vault
    /// An SSH key that can be let into servers.
    case temporalKey = "temporal_key"

    /// Shortest and longest life in seconds.
    var range: ClosedRange<Int> {
        switch self {
        case .ssh: 600...86_400
        case .aws: 900...43_200
        case .upcloud: 1800...28_800
        case .vault: 300...86_400
        case .temporalKey: 300...86_400
        }
    }

    /// Whether its life can be made longer.
    var isRenewable: Bool { self == .aws || self == .vault }
    /// Whether it is a key pair.
    var isKey: Bool { self == .ssh || self == .temporalKey }
}

/// How far a secret is.
enum SecretStatus: String, Sendable, Codable, CaseIterable {
    case active, revoked, expired
}

/// What is kept of a secret on disk: everything but the secret.
struct SecretRecord: Sendable, Codable, Hashable {
    let id: String
    let type: SecretType
    let owner: String
    let workspace: String?
    let purpose: String?
    let createdAt: Timestamp
    var expiresAt: Timestamp
    var status = SecretStatus.active
    var reason: String?
    /// Of a key pair.
    var publicKey: String?
    var fingerprint: String?
    /// Servers that the key was let into: their ids by name, since a name can come back with another server.
    var servers: [String: String] = [:]
    /// By which OpenBao knows a token that it gave.
    var accessor: String?
}
