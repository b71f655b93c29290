import FleetSystem
public import Hummingbird
import Logging

/// Counts requests, logs them, and turns whatever goes wrong into an answer. It comes first in a router.
public struct RequestCounter: RouterMiddleware {
    /// What a service of the platform knows of a request.
    public typealias Context = ServiceContext

    /// Answers by method and status.
    private struct Key: Hashable, Sendable {
        let method: String
        let status: Int
    }

    /// Shared by all copies of the value.
    private let counts = Locked<[Key: Int]>([:])
    private let failure: @Sendable (any Error) -> Response

    /// A counter at zero; `failure` makes the answer of an error, in the documented envelope unless it is given.
    public init(failure: @escaping @Sendable (any Error) -> Response = { Answer.failure($0) }) {
        self.failure = failure
    }

    /// Lets the request through, and counts and logs its answer.
    @concurrent
    public func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do { response = try await next(request, context) } catch { response = failure(error) }
        let method = Self.known.contains(request.method) ? request.method.rawValue : "OTHER"
        counts.withLock { $0[Key(method: method, status: response.status.code), default: 0] += 1 }
        context.logger.log(
            level: response.status.code >= 500 ? .error : .debug, "request",
            metadata: [
                "method": "\(method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
            ])
        return response
    }

    /// Adds the counter of that name, with labels `method` and `status`, to a metrics page.
    public func report(to page: inout PrometheusPage, as name: String) {
        let counts = counts.withLock { $0 }.sorted { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) }
        page.add(
            name, .counter, "Requests answered.",
            samples: counts.map { key, count in
                .init(Double(count), labels: [("method", key.method), ("status", "\(key.status)")])
            })
    }

    /// Callers cannot make labels of their own.
    private static let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
}
