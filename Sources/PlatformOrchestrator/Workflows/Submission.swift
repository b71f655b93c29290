import PlatformService

/// The body of a workflow's submission, as it came; `order…` checks it.
struct Submission: Decodable, Sendable {
    var infra: String?
    var settings: String?
    var servers: [String]?
    var checkMode: Bool?
    var wait: Bool?
    var operation: String?
    var taskserv: String?
    var priority: Int?
    var dependencies: [String]?
    var maximumAttempts: Int?
    var authorizedKeys: [String]?
    /// Where new servers belong, for the policy.
    var workspace: String?
    var environment: String?

    enum CodingKeys: String, CodingKey {
        case infra, settings, servers, wait, workspace, environment, operation, taskserv, priority, dependencies
        case checkMode = "check_mode"
        case maximumAttempts = "max_attempts"
        case authorizedKeys = "authorized_keys"
    }

    /// At most so many servers in one submission.
    static let maximumServers = 1000

    /// A task that makes the servers.
    func creation() throws -> TaskOrder {
        let order = try serverOrder()
        return try task("create_servers", "servers create", order.servers, .createServers(order))
    }

    /// A task that removes the servers.
    func deletion() throws -> TaskOrder {
        let order = try serverOrder()
        return try task("delete_servers", "servers delete", order.servers, .deleteServers(order))
    }

    /// A task that installs, checks or removes a taskserv.
    func taskservOperation() throws -> TaskOrder {
        guard let taskserv else { throw PlatformError(.invalid, "taskserv: is missing; give name or name:version") }
        let reference = try ExtensionReference(type: .taskserv, parsing: taskserv)
        let spelling = operation ?? TaskservOrder.Operation.create.rawValue
        guard let operation = TaskservOrder.Operation(rawValue: spelling) else {
            let known = TaskservOrder.Operation.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "operation: \"\(spelling)\" is none of \(known)")
        }
        let order = TaskservOrder(
            infra: try checkedInfra(), settings: settings, operation: operation, taskserv: reference,
            servers: try checkedServers(), checkMode: checkMode ?? false)
        return try task(
            "\(operation.rawValue)_taskserv", "taskserv \(operation.rawValue)", [taskserv] + order.servers,
            .taskserv(order))
    }
}

extension Submission {
    private func serverOrder() throws -> ServerOrder {
        ServerOrder(
            infra: try checkedInfra(), settings: settings, servers: try checkedServers(),
            checkMode: checkMode ?? false, authorizedKeys: try (authorizedKeys ?? []).map(PublicKeyLine.checked))
    }

    private func task(_ name: String, _ verb: String, _ names: [String], _ work: Work) throws -> TaskOrder {
        let attempts = maximumAttempts ?? 1
        guard (1...10).contains(attempts) else {
            throw PlatformError(.invalid, "max_attempts: \(attempts) is not between 1 and 10")
        }
        var arguments = ["--infra", try checkedInfra()]
        if checkMode == true { arguments.append("--check") }
        return TaskOrder(
            name: name, command: "provisioning \(verb)", arguments: arguments + names,
            dependencies: (dependencies ?? []).map { $0.lowercased() }, priority: priority ?? 0,
            maximumAttempts: attempts, work: work)
    }

    private func checkedInfra() throws -> String {
        let infra = infra ?? "default"
        guard isResourceName(infra) else {
            throw PlatformError(.invalid, "infra: \"\(infra)\" is no name; \(resourceNameRule)")
        }
        return infra
    }

    private func checkedServers() throws -> [String] {
        guard let servers, !servers.isEmpty else {
            throw PlatformError(.invalid, "servers: is missing; give a list of at least one name")
        }
        guard servers.count <= Self.maximumServers else {
            throw PlatformError(
                .invalid, "servers: \(servers.count) names are more than \(Self.maximumServers) in one request")
        }
        for (index, name) in servers.enumerated() {
            guard isResourceName(name) else {
                throw PlatformError(.invalid, "servers[\(index)]: \"\(name)\" is no name; \(resourceNameRule)")
            }
            guard !servers[..<index].contains(name) else {
                throw PlatformError(.invalid, "servers[\(index)]: \"\(name)\" is named twice")
            }
        }
        return servers
    }
}

/// The rule that names of servers, workspaces and infrastructures obey: that of a DNS label.
let resourceNameRule = "names have 1 to 63 characters of a-z, 0-9 and -, and neither begin nor end with -"

/// True when the text is a name by that rule.
func isResourceName(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
        return false
    }
    return bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
