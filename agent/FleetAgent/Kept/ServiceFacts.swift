import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the services of the modes above solo say of their state: for each a list, and what names its entries.
struct ServiceFacts: Sendable {
    /// One list that a service has.
    private struct Listing {
        var service: String
        var path: String
        /// What an entry is called in a fact.
        var noun: String
        /// Where the array is in the answer; nil: the answer is the array.
        var member: String?
        /// The members of an entry that name it; none: the entry is the name.
        var names: [String]
    }

    private static let listings = [
        Listing(
            service: "gitea", path: "/api/v1/repos/search?limit=50", noun: "Gitea repository", member: "data",
            names: ["full_name"]),
        Listing(
            service: "control-center", path: ControlCenterPaths().users, noun: "user", member: "data",
            names: ["username"]),
        Listing(
            service: "harbor", path: "/api/v2.0/projects?page_size=100", noun: "Harbor project", member: nil,
            names: ["name"]),
        Listing(
            service: "harbor", path: "/api/v2.0/repositories?page_size=100", noun: "Harbor repository", member: nil,
            names: ["name"]),
        Listing(
            service: "grafana", path: "/api/search?limit=1000", noun: "Grafana", member: nil, names: ["type", "title"]),
        Listing(
            service: "grafana", path: "/api/datasources", noun: "Grafana data source", member: nil, names: ["name"]),
        Listing(
            service: "elasticsearch", path: "/_cat/indices?format=json", noun: "index", member: nil, names: ["index"]),
    ]

    let endpoints: Endpoints
    let credentials: [String: [String: String]]
    let log: TestLog

    /// The value of `Authorization` for the platform's own services; nil where nobody asks who comes.
    func token() async throws -> String? {
        guard let url = endpoints["control-center", "url"], let secrets = credentials["control-center"],
            let user = secrets["username"], let password = secrets["password"]
        else { return nil }
        let fields = ControlCenterFields()
        let body = JSONValue.object([fields.username: .string(user), fields.password: .string(password)])
        let response = try await WebClient(base: url, log: log).send(.post, ControlCenterPaths().login, body: body)
        let answer = JSONValue(bytes: response.body)
        let token = answer?["data"]?[fields.token]?.string ?? answer?[fields.token]?.string
        guard response.status == 200, let token else {
            throw DetachedStart.Failure(description: "the control center did not let us in: \(response.status)")
        }
        return "Bearer \(token)"
    }

    /// The facts of all lists that the environment has.
    func read(token: String?) async throws -> [String] {
        var facts: [String] = []
        for listing in Self.listings {
            guard let url = endpoints[listing.service, "url"] else { continue }
            let web = WebClient(base: url, log: log, authorization: authorization(for: listing.service, token: token))
            let response = try await web.send(.get, listing.path)
            guard response.status == 200, let answer = JSONValue(bytes: response.body) else {
                throw DetachedStart.Failure(
                    description: "\(listing.service) did not answer \(listing.path): \(response.status)")
            }
            let items = (listing.member.map { answer[$0] } ?? answer)?.array ?? []
            // Indices of the audit grow with every request, whoever makes it.
            facts += items.map { item in words(of: item, listing) }.filter { !$0.hasPrefix("index provisioning-audit") }
            if listing.service == "gitea" {
                for name in items.compactMap({ $0["full_name"]?.string }) { facts += try await issues(of: name, web) }
            }
        }
        return facts
    }

    // The open issues of a repository of Gitea, which may be locks.
    private func issues(of repository: String, _ web: WebClient) async throws -> [String] {
        let path = "/api/v1/repos/\(repository)/issues?state=open&limit=50"
        let response = try await web.send(.get, path)
        // It may have been removed since it was listed.
        guard response.status != 404 else { return [] }
        guard response.status == 200, let issues = JSONValue(bytes: response.body)?.array else {
            throw DetachedStart.Failure(description: "gitea did not answer \(path): \(response.status)")
        }
        return issues.compactMap { $0["title"]?.string }.map { "Gitea issue \(repository): \($0)" }
    }

    private func words(of item: JSONValue, _ listing: Listing) -> String {
        let names = listing.names.compactMap { name in
            item[name]?.string ?? item[name]?.integer.map(String.init)
        }
        return ([listing.noun] + names).joined(separator: " ")
    }

    private func authorization(for service: String, token: String?) -> String? {
        guard service != "control-center" else { return token }
        guard let secrets = credentials[service], let user = secrets["username"], let password = secrets["password"]
        else { return nil }
        return "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }
}
