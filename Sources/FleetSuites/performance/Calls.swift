import FleetHTTP
import FleetTestKit
import InterfaceProfile

/// The orchestrator as many clients at once use it: single requests, whose duration and status count, by the same caller as
/// `TestContext.platform`.
///
/// Requests are not logged one by one: a load would push everything else out of the log.
struct Calls: Sendable {
    private let web: WebClient
    let profile: InterfaceProfile

    init(_ context: TestContext) async throws {
        let session = try await context.platformSession
        web = WebClient(
            base: try context.endpoint("orchestrator", "url"), log: TestLog { _ in },
            authorization: session?.authorization)
        profile = context.profile
    }

    /// The status and what the envelope carries, whatever the status is. Some answers wait for the end of a task, behind
    /// those of other tests.
    func ask(
        _ method: HTTPMethod, _ path: String, _ body: [String: JSONValue]? = nil
    ) async throws -> (status: Int, data: JSONValue) {
        let response = try await web.send(method, path, body: body.map(JSONValue.object), within: .seconds(150))
        let value = JSONValue(bytes: response.body) ?? .null
        let isEnveloped = value[profile.fields.envelope.success] != nil
        return (response.status, isEnveloped ? value[profile.fields.envelope.data] ?? .null : value)
    }

    /// What the envelope carries; the status must be one of success.
    func data(
        _ method: HTTPMethod, _ path: String, _ body: [String: JSONValue]? = nil, filePath: String = #filePath,
        line: Int = #line
    ) async throws -> JSONValue {
        let answer = try await ask(method, path, body)
        if answer.status == 404, method == .post { try interfaceNotFound("\(method.rawValue) \(path)") }
        try expect(
            (200..<300).contains(answer.status), "\(method.rawValue) \(path) succeeds",
            actual: "\(answer.status) \(answer.data)", filePath: filePath, line: line)
        return answer.data
    }

    /// Submits a workflow and returns the task's id.
    func submit(_ path: String, _ body: [String: JSONValue]) async throws -> String {
        let data = try await data(.post, path, body)
        let names = profile.fields.envelope.taskIDs
        return try require(data.string ?? names.lazy.compactMap { data[$0]?.string }.first, "the id in \(data)")
    }

    /// The body that creates servers.
    func servers(_ names: [String], wait: Bool = false, checkMode: Bool = false) -> [String: JSONValue] {
        let fields = profile.fields.submission
        return [
            fields.servers: .array(names.map(JSONValue.string)), fields.wait: .bool(wait),
            fields.checkMode: .bool(checkMode),
        ]
    }

    /// Submits a workflow that answers when its task has ended, and sees to it that it was completed.
    func finish(_ path: String, _ body: [String: JSONValue], _ orchestrator: OrchestratorClient) async throws {
        let id = try await submit(path, body)
        // A task that was answered for is there, at once and for good.
        _ = try await orchestrator.task(id)
        try await orchestrator.completed(id, within: .seconds(120))
    }

    /// Creates a server and returns when it is there; the task must complete.
    func createServer(_ name: String, _ orchestrator: OrchestratorClient) async throws {
        try await finish(profile.paths.createServers, servers([name], wait: true), orchestrator)
    }

    /// Registers a DNS record.
    func register(_ name: String, _ type: String, _ value: String) async throws {
        let fields = profile.fields.record
        _ = try await data(
            .post, profile.paths.dnsRecords,
            [fields.name: .string(name), fields.type: .string(type), fields.value: .string(value)])
    }

    /// Removes what was registered under a name; one that is gone is no error.
    func unregister(_ name: String) async throws {
        let answer = try await ask(.delete, filledPath(profile.paths.dnsRecord, name))
        try expect(
            answer.status == 404 || (200..<300).contains(answer.status), "the records of \(name) are removed",
            actual: "\(answer.status) \(answer.data)")
    }
}

extension TestContext {
    /// Removes those of the servers that are there, several at once; for clean-up and for tests that made many.
    func removeServers(_ names: [String]) async throws {
        let orchestrator = try await platform
        let present = Set(try await platform.servers().map(\.name))
        let ours = names.filter(present.contains)
        let groups = (0..<4).map { group in ours.enumerated().filter { $0.offset % 4 == group }.map(\.element) }
        try await load(clients: 4, count: 4) { group in
            guard !groups[group].isEmpty else { return }
            try await orchestrator.completed(
                try await orchestrator.deleteServers(groups[group]), within: .seconds(120))
        }
    }

    /// The addresses in the whole zone, by name. Skips the test where the name server does not hand the zone out.
    func addressesOfZone() async throws -> [String: [String]] {
        let records = try await dns.transfer(zone: try zone).filter { $0.type == .a }
        return Dictionary(grouping: records, by: \.name).mapValues { $0.map(\.value.description) }
    }

    /// Nothing of the servers is left, by the word of orchestrator and name server.
    func expectGone(_ names: [String]) async throws {
        let present = Set(try await platform.servers().map(\.name))
        try expectEqual(names.filter(present.contains), [], "the servers that are still listed")
        let zone = try zone
        let addresses = try await addressesOfZone()
        try expectEqual(names.filter { addresses["\($0).\(zone)"] != nil }, [], "the names that still resolve")
    }

    /// Every server has an address of its own, its name has that address, and an SSH server answers there.
    func expectServers(_ names: [String]) async throws -> [ServerInfo] {
        let wanted = Set(names)
        let servers = try await platform.servers().filter { wanted.contains($0.name) }
        try expectEqual(Set(servers.map(\.name)), wanted, "the servers that are listed")
        try expectEqual(Set(servers.compactMap(\.address)).count, names.count, "the number of different addresses")
        let zone = try zone
        let addresses = try await addressesOfZone()
        let unnamed = servers.filter { addresses["\($0.name).\(zone)"] != [$0.address ?? ""] }.map(\.name)
        try expectEqual(unnamed, [], "the servers whose name does not have their address")
        try await load(clients: 8, count: servers.count) { number in
            let server = servers[number]
            let door = TCPClient(
                host: try require(server.address, "the address of \(server.name)"),
                port: try require(server.sshPort, "the SSH port of \(server.name)"))
            let words = try await door.greeting()
            try expect(words.hasPrefix("SSH-2.0-"), "\(server.name) answers as an SSH server", actual: words)
        }
        return servers
    }
}
