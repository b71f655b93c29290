public import Crypto
public import Hummingbird

/// The query interface of an audit log.
public enum AuditRoutes {
    /// Adds `GET query` (the envelope with ECS documents, the newest first) and `GET export?format=` (the bare text).
    ///
    /// With `anonymise=true` users and addresses are pseudonyms made with that key.
    public static func add(
        to router: Router<ServiceContext>, query: RouterPath, export: RouterPath, log: AuditLog, key: SymmetricKey
    ) {
        router.get(query) { request, _ in try Answer.data(try await events(request, log, key)) }
        router.get(export) { request, _ in
            let word = request.uri.queryParameters["format"].map(String.init) ?? AuditFormat.json.rawValue
            guard let format = AuditFormat(rawValue: word) else {
                let known = AuditFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw PlatformError(.invalid, "format: \"\(word)\" is none of \(known)")
            }
            let text = try format.text(try await events(request, log, key))
            return Response(
                status: .ok, headers: [.contentType: format.mediaType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
    }

    /// Adds `GET stats`: counts over the events that the same query wants.
    public static func addStatistics(to router: Router<ServiceContext>, stats: RouterPath, log: AuditLog) {
        router.get(stats) { request, _ in
            try Answer.data(try await log.statistics(try AuditQuery(request.uri.queryParameters)))
        }
    }

    @Sendable private static func events(
        _ request: Request, _ log: AuditLog, _ key: SymmetricKey
    ) async throws -> [AuditEvent] {
        let found = try await log.events(try AuditQuery(request.uri.queryParameters))
        let isAnonymous = request.uri.queryParameters["anonymise"] == "true"
        return isAnonymous ? found.map { $0.anonymised(key: key) } : found
    }
}
