import PlatformService

/// The state of a server, spelled as callers see it.
enum ServerStatus: String, Sendable, Codable {
    case creating, running, stopped, deleting
}

/// A taskserv that is on a server.
struct InstalledTaskserv: Sendable, Codable, Hashable {
    /// How its last check went.
    enum Status: String, Sendable, Codable {
        case running, stopped
    }

    let name: String
    let version: String
    var status: Status
}

/// A server, as it is kept on disk and, but for `createdBy` and `authorizedKeys`, as callers see it.
struct ServerRecord: Sendable, Codable, Hashable {
    let id: String
    let hostname: String
    let dnsName: String
    /// The name of the provider that it comes from.
    let provider: String
    /// The provider's own name for it; nil before it runs.
    var providerID: String?
    var zone: String
    var plan: String
    /// True when it is an entry of an inventory and no more.
    let simulated: Bool
    let infra: String
    var settings: String?
    var address: IPv4Address?
    var sshPort: Int?
    var sshUser: String?
    var sshHostKey: String?
    var status: ServerStatus = .creating
    let createdAt: Timestamp
    var taskservs: [InstalledTaskserv] = []
    /// The task that made it: a repeat of that task finds its own server and is content.
    let createdBy: TaskID
    let authorizedKeys: [String]
    /// Words of the caller's own; nil as none, as in records of before there were any.
    var tags: [String]?

    enum CodingKeys: String, CodingKey {
        case id, hostname, provider, zone, plan, simulated, infra, settings, status, taskservs, tags
        case providerID = "provider_id"
        case dnsName = "dns_name"
        case address = "ip_address"
        case sshPort = "ssh_port"
        case sshUser = "ssh_user"
        case sshHostKey = "ssh_host_key"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case authorizedKeys = "authorized_keys"
    }
}

/// Where the SSH server of a server listens.
struct SSHEndpoint: Sendable, Hashable, CustomStringConvertible {
    let address: IPv4Address
    let port: Int

    var description: String { "\(address) port \(port)" }

    /// As a known_hosts line names it.
    var knownHostsName: String { port == 22 ? "\(address)" : "[\(address)]:\(port)" }
}
