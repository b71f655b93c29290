import BuiltinSupport
import HTTPTypes
import Hummingbird
public import Logging
public import PlatformService

/// The builtin Elasticsearch: a subset of the published API of Elasticsearch 8 on one node.
public enum ElasticsearchService {
    /// Serves until SIGTERM; everything is kept in the data directory. Calls `listening` as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when the directory or the address cannot be used.
    public static func run(
        _ settings: ElasticsearchSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "elasticsearch")
        defer { directory.release() }
        let cluster = try Cluster(settings: settings, directory: directory.path)
        try await ServiceProgram.run(
            router: cluster.table().router(), listen: listen, logger: logger, listening: listening)
    }
}

extension Cluster {
    /// All routes.
    func table() -> RouteTable {
        let routes = [clusterRoutes(), indexRoutes(), documentRoutes(), bulkRoutes(), searchRoutes()].flatMap { $0 }
        return RouteTable(routes) { refusal, _ in
            let headers =
                refusal.status == 401 ? ["WWW-Authenticate": "Basic realm=\"security\", charset=\"UTF-8\""] : [:]
            return Reply.json(refusal.body, status: refusal.status, headers: headers)
        } check: { request in
            try self.checkCaller(request)
            try Self.checkTypes(request)
        } decorate: { response, request in
            // Official clients refuse to speak with a server that does not say this.
            response.headers[Self.product] = "Elasticsearch"
            let isJSON = response.headers[.contentType] == "application/json"
            if isJSON, request.headers[.accept]?.contains("application/vnd.elasticsearch+") == true {
                response.headers[.contentType] = "application/vnd.elasticsearch+json;compatible-with=8"
            }
        }
    }

    private static let product = HTTPField.Name("X-Elastic-Product") ?? .server

    private func checkCaller(_ request: Request) throws {
        guard let username = settings.username, let password = settings.password else { return }
        let missing = Refusal(
            401, "missing authentication credentials for REST request [\(request.uri.path)]", code: "security_exception"
        )
        guard let credentials = try Credentials(request.headers[.authorization]) else { throw missing }
        guard case .basic(let user, let secret) = credentials, user == username,
            Secret.equal(Array(secret.utf8), Array(password.utf8))
        else {
            throw Refusal(
                401, "unable to authenticate user for REST request [\(request.uri.path)]", code: "security_exception")
        }
    }

    private static func checkTypes(_ request: Request) throws {
        let accept = request.headers[.accept] ?? ""
        let type = request.headers[.contentType] ?? ""
        for given in [accept, type] {
            guard let range = given.firstRange(of: "compatible-with=") else { continue }
            let version = given[range.upperBound...].prefix { $0.isNumber }
            guard version == "8" || version == "7" else {
                throw Refusal(
                    400,
                    "A compatible version is required on both Content-Type and Accept headers if either one has "
                        + "requested a compatible version. Accept=\(accept), Content-Type=\(type)",
                    code: "media_type_header_exception")
            }
        }
        let hasBody = request.headers[.contentLength].map { $0 != "0" } ?? (request.headers[.transferEncoding] != nil)
        guard hasBody, request.method != .delete || !type.isEmpty else { return }
        let plain = type.prefix { $0 != ";" }
        let known = [
            "application/json", "application/x-ndjson", "application/vnd.elasticsearch+json",
            "application/vnd.elasticsearch+x-ndjson",
        ]
        guard known.contains(plain.filter { $0 != " " }.lowercased()) else {
            throw Refusal(406, "Content-Type header [\(type)] is not supported", code: "media_type_header_exception")
        }
    }
}
