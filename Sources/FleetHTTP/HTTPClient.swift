import CCurl
import FleetSystem

/// Speaks HTTP with servers; connections are kept open and used again.
///
/// One thread of its own does the work of all requests. It obeys no proxy variable and no `.netrc`, because tests must
/// reach the very server that they name.
public final class HTTPClient: Sendable {
    /// A client for everybody who needs no connections of their own.
    public static let shared = HTTPClient()

    private let engine: CurlEngine

    /// Makes a client with its own thread and connections; at most so many are kept open while idle.
    public init(idleConnections: Int = 64) {
        engine = CurlEngine(idleConnections: idleConnections)
    }

    deinit { engine.stop() }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// A cancelled task gets `cancelled` at once, and the connection is closed.
    public func execute(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        if let problem = HTTPClient.problem(of: request) {
            throw HTTPError(code: .invalidRequest, method: request.method, url: request.url, detail: problem)
        }
        let transfer = CurlTransfer(request)
        let result = await withTaskCancellationHandler {
            engine.submit(transfer)
            return await transfer.result.value()
        } onCancel: {
            engine.cancel(transfer)
        }
        return try result.get()
    }

    // libcurl would send a field with a line feed as it is, and so let a value forge further fields.
    private static func problem(of request: HTTPRequest) -> String? {
        let hasControl = { (text: String) in text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f } }
        if hasControl(request.url) || request.url.contains(" ") {
            return "the URL contains a blank or control character"
        }
        for field in request.headers.fields {
            if field.name.isEmpty || field.name.contains(":") || hasControl(field.name) || hasControl(field.value) {
                return "the field \(field.name.debugDescription) is not well-formed"
            }
        }
        return nil
    }
}
