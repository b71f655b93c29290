import HTTPTypes
package import Hummingbird
package import NIOCore

/// A request that found its route.
package struct Call: Sendable {
    /// The request as it came.
    package let request: Request
    /// What the server knows beside it.
    package let context: RouteTable.Context
    /// The captured segments of the path, decoded.
    package let parameters: [String: String]
    /// The parameters of the query.
    package let query: QueryParameters

    /// A request with what its route found in it.
    package init(
        request: Request, context: RouteTable.Context, parameters: [String: String], query: QueryParameters
    ) {
        self.request = request
        self.context = context
        self.parameters = parameters
        self.query = query
    }

    /// The most that a body in memory may have, in bytes, where nobody says otherwise.
    package static let bodyLimit = 64 << 20

    /// The captured segment of that name; the route has it, or the path is empty there.
    package subscript(name: String) -> String { parameters[name] ?? "" }

    /// The value of a header; nil where there is none.
    package func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    /// The whole body. Throws a refusal with status 413 when it is longer than the limit, in bytes.
    package func body(limit: Int = bodyLimit) async throws -> ByteBuffer {
        do { return try await request.body.collect(upTo: limit) } catch is NIOTooManyBytesError {
            throw Refusal(413, "the body is longer than \(limit) bytes", code: "content_too_long_exception")
        }
    }

    /// The body as JSON; an empty one is null. Throws a refusal or ``JSONError``.
    package func json() async throws -> JSON {
        let buffer = try await body()
        guard buffer.readableBytes > 0 else { return .null }
        return try JSON(bytes: buffer.readableBytesView)
    }

    /// Where the caller reached us, without a final slash: for links in answers.
    package var baseURL: String {
        let scheme = header("X-Forwarded-Proto") ?? "http"
        return "\(scheme)://\(header("X-Forwarded-Host") ?? request.head.authority ?? "localhost")"
    }
}

/// Makes answers.
package enum Reply {
    /// An answer of JSON.
    package static func json(
        _ value: JSON, status: Int = 200, headers: [String: String] = [:], type: String = "application/json"
    ) -> Response {
        bytes(value.bytes, type: type, status: status, headers: headers)
    }

    /// An answer of bytes.
    package static func bytes(
        _ bytes: [UInt8], type: String, status: Int = 200, headers: [String: String] = [:]
    ) -> Response {
        var response = empty(status, headers: headers)
        response.headers[.contentType] = type
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        return response
    }

    /// An answer with the content of a file, which is read while it is sent.
    package static func file(
        _ path: String, type: String, headers: [String: String] = [:], _ call: Call
    ) async throws -> Response {
        var response = empty(200, headers: headers)
        response.headers[.contentType] = type
        response.body = try await FileIO().loadFile(path: path, context: call.context)
        return response
    }

    /// An answer without a body.
    package static func empty(_ status: Int = 204, headers: [String: String] = [:]) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(status: HTTPResponse.Status(code: status), headers: fields)
    }
}
