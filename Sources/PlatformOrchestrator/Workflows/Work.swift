/// What a task does.
enum Work: Sendable, Codable, Hashable {
    case createServers(ServerOrder)
    case deleteServers(ServerOrder)
    case taskserv(TaskservOrder)
}

/// Servers that are to be made or removed.
struct ServerOrder: Sendable, Codable, Hashable {
    var infra: String
    var settings: String?
    var servers: [String]
    var checkMode: Bool
    /// Public keys that may log in beside the platform's own.
    var authorizedKeys: [String]
}

/// What is to be done with a taskserv on some servers.
struct TaskservOrder: Sendable, Codable, Hashable {
    /// Spelled as in requests.
    enum Operation: String, Sendable, Codable, CaseIterable {
        case create, check, delete
    }

    var infra: String
    var settings: String?
    var operation: Operation
    var taskserv: ExtensionReference
    var servers: [String]
    var checkMode: Bool
}
