public import FleetHTTP

/// A request over HTTP that got no answer.
public struct WebFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Method and address.
    public var request: String
    /// What went wrong.
    public var reason: String

    /// Describes a request that got no answer, or one that cannot be used.
    public init(request: String, reason: String) {
        self.request = request
        self.reason = reason
    }

    /// One sentence.
    public var description: String { "\(request): \(reason)" }
}

/// An answer over HTTP, whatever its status is.
public struct WebResponse: Hashable, Sendable {
    /// Method and path, for messages.
    public var request: String
    /// The status.
    public var status: Int
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: [UInt8]
}

/// Requests to one base address.
public struct WebClient: Sendable {
    private let base: String
    private let log: TestLog
    private let authorization: String?

    /// Names a server; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - base: scheme, host and port, with or without a final slash.
    ///   - authorization: the value of that field in every request; nil sends none.
    public init(base: String, log: TestLog, authorization: String? = nil) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.log = log
        self.authorization = authorization
    }

    /// Opens a WebSocket, and reads what is told until that is enough. Frames of a server are not masked, so its texts stand in
    /// what is returned as they are, after the head of its answer.
    ///
    /// - Throws: `InterfaceNotFound` when there is no WebSocket at the path, `NetworkError`.
    public func listen(
        to path: String, until isEnough: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let address = base.split(separator: "/").last ?? ""
        let place = address.split(separator: ":")
        guard place.count == 2, let port = Int(place[1]) else {
            throw WebFailure(request: "GET \(path)", reason: "\(base) is not http://ADDRESS:PORT")
        }
        // The key and its answer are those of RFC 6455.
        let login = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        let request =
            "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\(login)"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        let told = try await TCPClient(host: String(place[0]), port: port).exchange(
            request, within: .seconds(60), atMost: 4 << 20, until: isEnough)
        guard told.contains(" 101 "), told.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
            throw InterfaceNotFound(path: path)
        }
        return told
    }

    /// Sends one request and returns the answer, whatever its status is; redirects are not followed.
    ///
    /// - Parameters:
    ///   - method: what to do.
    ///   - path: path and query below the base, or a whole address on any server.
    ///   - headers: fields of this request alone.
    ///   - body: its content; nil for none.
    ///   - limit: how long the answer may take; where many tests run side by side a good one takes its time.
    /// - Throws: `WebFailure` when there is no answer.
    public func send(
        _ method: HTTPMethod, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> WebResponse {
        let url = path.hasPrefix("http://") || path.hasPrefix("https://") ? path : base + path
        let name = "\(method.rawValue) \(path.split(separator: "?").first ?? "")"
        var request = HTTPRequest(method: method, url: url, body: body, timeout: limit)
        if let authorization { request.headers["Authorization"] = authorization }
        for (name, value) in headers { request.headers[name] = value }
        let response: HTTPResponse
        do {
            response = try await HTTPClient.shared.execute(request)
        } catch {
            log.note(.warning, "request failed", ["request": name, "error": error.detail])
            throw WebFailure(request: "\(method.rawValue) \(url)", reason: error.detail)
        }
        let time = String(Int(response.seconds * 1000))
        log.note(.debug, "request", ["request": name, "status": String(response.status), "ms": time])
        return WebResponse(request: name, status: response.status, headers: response.headers, body: response.body)
    }

    /// Sends one request with a JSON body, or none.
    public func send(
        _ method: HTTPMethod, _ path: String, body: JSONValue?, within limit: Duration = .seconds(60)
    ) async throws -> WebResponse {
        guard let body else { return try await send(method, path, within: limit) }
        return try await send(
            method, path, headers: ["Content-Type": "application/json"], body: body.bytes, within: limit)
    }
}
