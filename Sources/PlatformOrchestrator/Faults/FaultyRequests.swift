import Hummingbird
import PlatformService

/// Makes requests slow or leaky where the settings want that. Health is a request like any other.
struct FaultyRequests: RouterMiddleware {
    typealias Context = ServiceContext

    let faults: Faults

    @concurrent
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        defer { faults.end() }
        try await faults.begin()
        return try await next(request, context)
    }
}
