import FleetHTTP
import InterfaceProfile

/// Prometheus' HTTP interface, version 1. Errors as for `JSONClient`.
public struct PrometheusClient: Sendable {
    let web: WebClient

    /// One value of a vector.
    public struct Sample: Hashable, Sendable {
        /// The labels.
        public var labels: [String: String]
        /// The value.
        public var value: Double
    }

    /// Something that is scraped.
    public struct Target: Hashable, Sendable {
        /// The label `job`.
        public var job: String
        /// `up`, `down` or `unknown`.
        public var health: String
        /// What is fetched.
        public var url: String
        /// What went wrong with the last scrape; empty when nothing did.
        public var error: String
    }

    /// Evaluates an expression now.
    public func query(_ expression: String) async throws -> [Sample] {
        let answer = try await JSONClient(web: web).ask(.get, "/api/v1/query?query=\(percentEncoded(expression))")
        try expectEqual(answer["status"]?.string, "success", "the status of the query \(expression)")
        try expectEqual(answer["data", "resultType"]?.string, "vector", "the type of the answer to \(expression)")
        return try (answer["data", "result"]?.array ?? []).map { item in
            // A pair of time and value; the value is a text.
            let pair = try require(item["value"]?.array, "the value of a sample")
            let value = try require(pair.last?.string.flatMap { Double($0) }, "the number in \(pair)")
            guard case .object(let labels)? = item["metric"] else { return Sample(labels: [:], value: value) }
            return Sample(labels: labels.compactMapValues(\.string), value: value)
        }
    }

    /// The one value of an expression; nil when there is none.
    public func value(_ expression: String) async throws -> Double? { try await query(expression).first?.value }

    /// What is scraped now.
    public func targets() async throws -> [Target] {
        let answer = try await JSONClient(web: web).ask(.get, "/api/v1/targets?state=active")
        let list = try require(answer["data", "activeTargets"]?.array, "the active targets")
        return list.map { item in
            Target(
                job: item["labels", "job"]?.string ?? "", health: item["health"]?.string ?? "",
                url: item["scrapeUrl"]?.string ?? "", error: item["lastError"]?.string ?? "")
        }
    }
}

extension TestContext {
    /// Prometheus.
    public var prometheus: PrometheusClient {
        get throws { PrometheusClient(web: try web("prometheus")) }
    }
}
