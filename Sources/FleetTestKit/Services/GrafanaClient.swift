import FleetHTTP

/// Grafana's HTTP interface. Errors as for `JSONClient`.
public struct GrafanaClient: Sendable {
    /// Sends anything.
    public let json: JSONClient

    /// A source of data.
    public struct DataSource: Hashable, Sendable {
        /// Its id.
        public var uid: String
        /// Its name.
        public var name: String
        /// For example `prometheus`.
        public var type: String
        /// Where it is.
        public var url: String
        /// Whether panels use it that name none.
        public var isDefault: Bool
    }

    /// The state of its database; `ok` when all is well.
    public func health() async throws -> String {
        let answer = try await json.ask(.get, "/api/health")
        return try require(answer["database"]?.string, "the state of the database")
    }

    /// Its sources of data.
    public func dataSources() async throws -> [DataSource] {
        let list = try require(try await json.ask(.get, "/api/datasources").array, "an array of data sources")
        return try list.map { item in
            DataSource(
                uid: try require(item["uid"]?.string, "the uid"), name: try require(item["name"]?.string, "the name"),
                type: try require(item["type"]?.string, "the type"), url: item["url"]?.string ?? "",
                isDefault: item["isDefault"]?.bool ?? false)
        }
    }

    /// The last value of each series that an expression of Prometheus gives, asked through Grafana.
    public func values(_ expression: String, from source: DataSource) async throws -> [Double] {
        let query: JSONValue = .object([
            "refId": "A", "expr": .string(expression), "instant": true,
            "datasource": .object(["uid": .string(source.uid), "type": .string(source.type)]),
        ])
        let body: JSONValue = .object(["queries": .array([query]), "from": "now-5m", "to": "now"])
        let answer = try await json.ask(.post, "/api/ds/query", body)
        let frames = try require(answer["results", "A", "frames"]?.array, "the frames of the answer")
        // A frame has a column of times and one of values.
        return frames.compactMap { $0["data", "values"]?.array?.last?.array?.last?.double }
    }

    /// Makes a service account; returns its number.
    public func makeServiceAccount(_ name: String, role: String) async throws -> Int {
        let body: JSONValue = .object(["name": .string(name), "role": .string(role)])
        return try require(try await json.ask(.post, "/api/serviceaccounts", body)["id"]?.integer, "the number")
    }

    /// Makes a token of a service account that lives for so many seconds; returns it.
    public func makeToken(of account: Int, _ name: String, seconds: Int) async throws -> String {
        let body: JSONValue = .object(["name": .string(name), "secondsToLive": .integer(seconds)])
        let answer = try await json.ask(.post, "/api/serviceaccounts/\(account)/tokens", body)
        return try require(answer["key"]?.string, "the token")
    }

    /// Removes a service account with its tokens; false when there is none.
    @discardableResult
    public func deleteServiceAccount(_ account: Int) async throws -> Bool {
        let status = try await json.status(.delete, "/api/serviceaccounts/\(account)")
        try expectContains([200, 404], status, "the statuses of the removal of a service account")
        return status == 200
    }

    /// Keeps a dashboard; returns its uid.
    public func saveDashboard(_ dashboard: JSONValue) async throws -> String {
        let body: JSONValue = .object(["dashboard": dashboard, "overwrite": false, "message": "made by a test"])
        return try require(try await json.ask(.post, "/api/dashboards/db", body)["uid"]?.string, "the uid")
    }

    /// A dashboard; nil when there is none.
    public func dashboard(_ uid: String) async throws -> JSONValue? {
        do {
            return try await json.ask(.get, "/api/dashboards/uid/\(uid)")["dashboard"]
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return nil
        }
    }

    /// Removes a dashboard; false when there is none.
    @discardableResult
    public func deleteDashboard(_ uid: String) async throws -> Bool {
        let status = try await json.status(.delete, "/api/dashboards/uid/\(uid)")
        try expectContains([200, 404], status, "the statuses of the removal of a dashboard")
        return status == 200
    }
}

extension TestContext {
    /// Grafana, as its administrator.
    public var grafana: GrafanaClient {
        get throws { GrafanaClient(json: JSONClient(web: try ownerWeb("grafana"))) }
    }
}
