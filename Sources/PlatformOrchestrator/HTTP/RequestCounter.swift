import FleetSystem
import Hummingbird
import Logging

/// Counts requests, logs them, and turns whatever goes wrong into the failure envelope.
struct RequestCounter: RouterMiddleware {
    typealias Context = BasicRequestContext

    /// Answers by method and status.
    struct Key: Hashable, Sendable {
        let method: String
        let status: Int
    }

    /// Shared by all copies of the value.
    let counts = Locked<[Key: Int]>([:])

    @concurrent
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do { response = try await next(request, context) } catch { response = Answer.failure(error) }
        let method = Self.known.contains(request.method) ? request.method.rawValue : "OTHER"
        counts.withLock { $0[Key(method: method, status: response.status.code), default: 0] += 1 }
        context.logger.log(
            level: response.status.code >= 500 ? .error : .debug, "request",
            metadata: [
                "method": "\(method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
            ])
        return response
    }

    /// Callers cannot make labels of their own.
    private static let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
}
