package import Hummingbird
import Logging

/// One row of a service's table of routes.
package struct Route: Sendable {
    /// Answers a request.
    package typealias Handler = @Sendable (Call) async throws -> Response

    enum Segment: Sendable, Hashable {
        case word(String)
        /// One segment, not empty.
        case capture(String)
        /// All that follows, slashes included; may be empty.
        case rest(String)
    }

    let method: HTTPRequest.Method
    let segments: [Segment]
    let handler: Handler

    /// A route like `GET /api/{name}/{path...}`.
    package init(_ line: String, _ handler: @escaping Handler) {
        let parts = line.split(separator: " ")
        method = HTTPRequest.Method(rawValue: String(parts.first ?? "GET")) ?? .get
        segments = (parts.last ?? "/").split(separator: "/").map { segment in
            guard segment.first == "{", segment.last == "}" else { return .word(String(segment)) }
            let name = String(segment.dropFirst().dropLast())
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .capture(name)
        }
        self.handler = handler
    }

    /// What the path's segments are called; nil when it is another path.
    func match(_ path: [String]) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            if case .rest(let name) = segment {
                parameters[name] = path.dropFirst(index).joined(separator: "/")
                return parameters
            }
            guard index < path.count else { return nil }
            switch segment {
            case .word(let word): guard word == path[index] else { return nil }
            case .capture(let name): parameters[name] = path[index]
            case .rest: break
            }
        }
        return segments.count == path.count ? parameters : nil
    }

    /// Rows with words where others have captures come first, so that the order of the table does not matter.
    static func isMoreSpecific(_ left: Route, _ right: Route) -> Bool {
        for (one, other) in zip(left.segments, right.segments) where one.rank != other.rank {
            return one.rank < other.rank
        }
        // A rest may be empty: then the row without it is meant.
        return left.segments.count < right.segments.count
    }
}

extension Route.Segment {
    fileprivate var rank: Int {
        switch self {
        case .word: 0
        case .capture: 1
        case .rest: 2
        }
    }
}

/// Answers requests by a table of routes; each segment of a path is decoded once.
package struct RouteTable: RouterMiddleware {
    /// What routes know of a request.
    package typealias Context = BasicRequestContext
    /// Makes the answer that tells of a refusal, in the original's words.
    package typealias Failure = @Sendable (Refusal, Request) -> Response

    private let routes: [HTTPRequest.Method: [Route]]
    private let failure: Failure
    private let check: @Sendable (Request) throws -> Void
    private let decorate: @Sendable (inout Response, Request) -> Void

    /// A table; `check` refuses requests before they are routed, `decorate` adds to every answer what the original adds.
    package init(
        _ routes: [Route], failure: @escaping Failure, check: @escaping @Sendable (Request) throws -> Void = { _ in },
        decorate: @escaping @Sendable (inout Response, Request) -> Void = { _, _ in }
    ) {
        self.routes = Dictionary(grouping: routes, by: \.method).mapValues { $0.sorted(by: Route.isMoreSpecific) }
        self.failure = failure
        self.check = check
        self.decorate = decorate
    }

    /// A router that leaves every request to this table.
    package func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: self)
        return router
    }

    @concurrent
    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do { response = try await answer(request, context) } catch {
            let refusal = Refusal.from(error)
            if refusal.status >= 500 { context.logger.error("request failed", metadata: ["error": "\(error)"]) }
            response = failure(refusal, request)
        }
        decorate(&response, request)
        context.logger.debug(
            "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
            ])
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ context: Context) async throws -> Response {
        try check(request)
        let path = try request.uri.path.split(separator: "/").map { segment in
            guard let decoded = URLText.decoded(segment) else { throw Refusal(400, "the path is not well encoded") }
            return decoded
        }
        let query = QueryParameters(request.uri.query)
        // A HEAD that has no row of its own is a GET whose body is left out.
        for method in request.method == .head ? [.head, .get] : [request.method] {
            for route in routes[method] ?? [] {
                guard let parameters = route.match(path) else { continue }
                return try await route.handler(
                    Call(request: request, context: context, parameters: parameters, query: query))
            }
        }
        let others = routes.filter { $0.value.contains { $0.match(path) != nil } }.keys.map(\.rawValue).sorted()
        guard others.isEmpty else {
            throw Refusal(405, "\(request.method) is not allowed here, only \(others.joined(separator: ", "))")
        }
        throw Refusal(404, "there is nothing at \(request.uri.path)", code: "not_found")
    }
}
