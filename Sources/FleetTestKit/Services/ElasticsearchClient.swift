import FleetHTTP
import InterfaceProfile

/// Elasticsearch's REST interface. Errors as for `JSONClient`.
public struct ElasticsearchClient: Sendable {
    /// Sends anything.
    public let json: JSONClient

    /// The state of the cluster: `green`, `yellow` or `red`.
    public func health() async throws -> String {
        let answer = try await json.ask(.get, "/_cluster/health")
        return try require(answer["status"]?.string, "the status of the cluster")
    }

    /// Keeps a document; when this returns, searches find it.
    public func index(_ document: JSONValue, as id: String, in index: String) async throws -> JSONValue {
        try await json.ask(.put, "/\(index)/_doc/\(id)?refresh=true", document)
    }

    /// One document; nil when there is none.
    public func document(_ id: String, in index: String) async throws -> JSONValue? {
        do {
            return try await json.ask(.get, "/\(index)/_doc/\(id)")["_source"]
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return nil
        }
    }

    /// The sources of what a query finds, at most 1000.
    public func search(_ query: JSONValue, in index: String) async throws -> [JSONValue] {
        let answer = try await json.ask(
            .post, "/\(index)/_search?allow_no_indices=true&ignore_unavailable=true",
            .object(["query": query, "size": .integer(1000)]))
        return try require(answer["hits", "hits"]?.array, "the hits").compactMap { $0["_source"] }
    }

    /// Makes everything that was told so far visible to searches.
    public func refresh(_ index: String) async throws { try await json.ask(.post, "/\(index)/_refresh") }

    /// Removes an index; false when there is none.
    @discardableResult
    public func deleteIndex(_ index: String) async throws -> Bool {
        let status = try await json.status(.delete, "/\(index)")
        try expectContains([200, 404], status, "the statuses of DELETE /\(index)")
        return status == 200
    }

    /// The indices of the platform's audit.
    public static let auditIndices = "provisioning-audit-*"

    /// The platform's audit events that have these values in these members, such as `event.action`.
    public func auditEvents(_ members: [String: String]) async throws -> [JSONValue] {
        let terms: [JSONValue] = members.sorted { $0.key < $1.key }.map { name, value in
            .object(["match_phrase": .object([name: .string(value)])])
        }
        return try await search(.object(["bool": .object(["must": .array(terms)])]), in: Self.auditIndices)
    }
}

extension TestContext {
    /// Elasticsearch, as the user that may do everything.
    public var elasticsearch: ElasticsearchClient {
        get throws { ElasticsearchClient(json: JSONClient(web: try ownerWeb("elasticsearch"))) }
    }

    /// Requests to a service with the user name and password that the environment has for it.
    public func ownerWeb(_ service: String) throws -> WebClient {
        WebClient(
            base: try endpoint(service, "url"), log: log,
            authorization: Authorization.basic(
                try credential(service, "username"), try credential(service, "password")))
    }
}
