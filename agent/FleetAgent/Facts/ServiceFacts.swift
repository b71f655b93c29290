import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

/// What services say of their state in lists: for each a path, and what names its entries.
struct ServiceFacts: Sendable {
    /// One list that a service has.
    struct Listing: Sendable {
        var service: String
        var path: String
        /// What an entry is called in a fact.
        var noun: String
        /// Where the array is in the answer; nil: the answer is the array.
        var member: String?
        /// The members of an entry that name it.
        var names: [String]
        /// How a page's size is asked for, and how long it is; nil where the list comes whole.
        var page: (size: String, length: Int)?
        /// A list that is inside every entry: its path, where `{}` is the name of the entry.
        var inner: String?
    }

    /// All lists; those of the platform's own services come whole.
    static let listings = [
        Listing(
            service: "control-center", path: ControlCenterPaths().users, noun: "user", member: "data",
            names: ["username"]),
        Listing(
            service: "control-center", path: ControlCenterPaths().serviceAccounts, noun: "service account",
            member: "data", names: ["username"]),
        Listing(
            service: "gitea", path: "/api/v1/repos/search", noun: "Gitea repository", member: "data",
            names: ["full_name"], page: ("limit", 50), inner: "/api/v1/repos/{}/issues?state=open"),
        Listing(
            service: "gitea", path: "/api/v1/admin/users", noun: "Gitea user", names: ["login"], page: ("limit", 50)),
        Listing(
            service: "gitea", path: "/api/v1/admin/orgs", noun: "Gitea organisation", names: ["username"],
            page: ("limit", 50)),
        Listing(
            service: "harbor", path: "/api/v2.0/projects", noun: "Harbor project", names: ["name"],
            page: ("page_size", 100)),
        Listing(
            service: "harbor", path: "/api/v2.0/repositories", noun: "Harbor repository, artifacts:",
            names: ["name", "artifact_count"], page: ("page_size", 100)),
        Listing(
            service: "harbor", path: "/api/v2.0/users", noun: "Harbor user", names: ["username"],
            page: ("page_size", 100)),
        Listing(
            service: "harbor", path: "/api/v2.0/robots", noun: "Harbor robot", names: ["name"],
            page: ("page_size", 100)),
        Listing(
            service: "grafana", path: "/api/search", noun: "Grafana", names: ["type", "title"], page: ("limit", 1000)),
        Listing(service: "grafana", path: "/api/datasources", noun: "Grafana data source", names: ["name"]),
        Listing(
            service: "grafana", path: "/api/users", noun: "Grafana user", names: ["login"], page: ("perpage", 1000)),
        Listing(
            service: "grafana", path: "/api/serviceaccounts/search", noun: "Grafana service account",
            member: "serviceAccounts", names: ["login"], page: ("perpage", 1000)),
        Listing(service: "elasticsearch", path: "/_cat/indices?format=json", noun: "index", names: ["index"]),
    ]
    // No service of a test has more; one whose pages do not end is not believed.
    private static let mostPages = 200

    let endpoints: Endpoints
    let credentials: [String: [String: String]]
    let log: TestLog

    /// The value of `Authorization` for the platform's own services; nil where nobody asks who comes.
    ///
    /// - Parameter former: the value that was good before; it is taken again as long as it is good, because a login costs
    ///   the control center more than all lists together.
    func token(_ former: String?) async throws -> String? {
        guard let url = endpoints["control-center", "url"], let secrets = credentials["control-center"],
            let user = secrets["username"], let password = secrets["password"]
        else { return nil }
        let (paths, fields) = (ControlCenterPaths(), ControlCenterFields())
        if let former {
            let web = WebClient(base: url, log: log, authorization: former)
            if try await web.send(.get, paths.identity).status == 200 { return former }
        }
        let body = JSONValue.object([fields.username: .string(user), fields.password: .string(password)])
        let response = try await WebClient(base: url, log: log).send(.post, paths.login, body: body)
        let answer = JSONValue(bytes: response.body)
        let token = answer?["data"]?[fields.token]?.string ?? answer?[fields.token]?.string
        guard response.status == 200, let token else {
            throw DetachedStart.Failure(description: "the control center did not let us in: \(response.status)")
        }
        return Authorization.bearer(token)
    }

    /// The facts of one list, all its pages.
    func read(_ listing: Listing, token: String?) async throws -> [String] {
        guard let url = endpoints[listing.service, "url"] else { return [] }
        let web = WebClient(base: url, log: log, authorization: authorization(for: listing.service, token: token))
        let items = try await items(of: listing, web)
        // Indices of the audit grow with every request, whoever makes it.
        var facts = items.map { words(of: $0, listing) }.filter { !$0.hasPrefix("index provisioning-audit") }
        guard let inner = listing.inner else { return facts }
        for name in items.compactMap({ $0[listing.names[0]]?.string }) {
            // The open issues of a repository of Gitea, which may be locks.
            let issues = Listing(
                service: listing.service, path: inner.replacing("{}", with: name), noun: "Gitea issue \(name):",
                names: ["title"], page: listing.page)
            facts += try await self.items(of: issues, web, mayBeGone: true).map { words(of: $0, issues) }
        }
        return facts
    }

    /// - Parameter mayBeGone: what has the list may have been removed since it was listed itself.
    private func items(of listing: Listing, _ web: WebClient, mayBeGone: Bool = false) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        for number in 1...Self.mostPages {
            var path = listing.path
            if let page = listing.page {
                path += "\(path.contains("?") ? "&" : "?")page=\(number)&\(page.size)=\(page.length)"
            }
            let response = try await web.send(.get, path)
            if mayBeGone, response.status == 404 { return [] }
            guard response.status == 200, let answer = JSONValue(bytes: response.body) else {
                throw DetachedStart.Failure(description: "\(listing.path) was answered with \(response.status)")
            }
            let page = (listing.member.map { answer[$0] } ?? answer)?.array ?? []
            items += page
            guard page.count == listing.page?.length else { return items }
        }
        throw DetachedStart.Failure(description: "\(listing.path) has more than \(Self.mostPages) pages")
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
        return Authorization.basic(user, password)
    }
}
