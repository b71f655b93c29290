import FleetHTTP
import InterfaceProfile

/// Harbor's interface, version 2.0. Errors as for `JSONClient`.
public struct HarborClient: Sendable {
    /// Sends anything.
    public let json: JSONClient
    /// The registry behind the same address, with the same login.
    public let registry: RegistryClient

    private static let base = "/api/v2.0"

    /// The state of everything and of its parts, by name.
    public func health() async throws -> (all: String, parts: [String: String]) {
        let answer = try await json.ask(.get, "\(Self.base)/health")
        let parts = try require(answer["components"]?.array, "the components").compactMap { item in
            item["name"]?.string.map { ($0, item["status"]?.string ?? "") }
        }
        return (try require(answer["status"]?.string, "the status"), Dictionary(parts) { $1 })
    }

    /// Makes a project, without which nothing can be pushed.
    public func createProject(_ name: String, isPublic: Bool = false) async throws {
        let body: JSONValue = .object([
            "project_name": .string(name), "metadata": .object(["public": .string(isPublic ? "true" : "false")]),
        ])
        try await json.ask(.post, "\(Self.base)/projects", body)
    }

    /// Removes an empty project; false when there is none.
    @discardableResult
    public func deleteProject(_ name: String) async throws -> Bool {
        let status = try await json.status(.delete, "\(Self.base)/projects/\(name)")
        try expectContains([200, 404], status, "the statuses of the removal of a project")
        return status == 200
    }

    /// The artifacts of a repository: what Harbor says of each.
    public func artifacts(of repository: String, in project: String) async throws -> [JSONValue] {
        let path = "\(Self.base)/projects/\(project)/repositories/\(doublyEncoded(repository))/artifacts?with_tag=true"
        return try require(try await json.ask(.get, path).array, "an array of artifacts")
    }

    /// Removes a repository with all its artifacts; false when there is none.
    @discardableResult
    public func deleteRepository(_ repository: String, in project: String) async throws -> Bool {
        let path = "\(Self.base)/projects/\(project)/repositories/\(doublyEncoded(repository))"
        let status = try await json.status(.delete, path)
        try expectContains([200, 404], status, "the statuses of the removal of a repository")
        return status == 200
    }

    // A slash inside of a name is encoded twice.
    private func doublyEncoded(_ name: String) -> String { percentEncoded(percentEncoded(name)) }
}

extension TestContext {
    /// Harbor, as its administrator.
    public var harbor: HarborClient {
        get throws {
            let web = try ownerWeb("harbor")
            return HarborClient(json: JSONClient(web: web), registry: RegistryClient(web: web))
        }
    }
}
