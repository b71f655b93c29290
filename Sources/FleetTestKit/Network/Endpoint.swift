import FleetHTTP

/// One request that an interface knows, for tests that walk over all of them.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// The method, in capitals.
    public var method: String
    /// The path, with its query.
    public var path: String
    /// The JSON to send; nil for none.
    public var body: JSONValue?

    /// Describes a request.
    public init(_ method: String, _ path: String, body: JSONValue? = nil) {
        self.method = method
        self.path = path
        self.body = body
    }

    /// Method and path.
    public var description: String { "\(method) \(path)" }
}

/// What an interface answered to a request of a walk, whatever its status is.
public struct EndpointAnswer: Hashable, Sendable {
    /// The status.
    public var status: Int
    /// The media type, without parameters; nil when the answer has none.
    public var mediaType: String?
    /// The body, when it is JSON.
    public var json: JSONValue?
    /// The body as text.
    public var text: String
}

extension WebClient {
    /// Sends a request of a walk.
    ///
    /// - Throws: `WebFailure` when there is no answer.
    public func ask(_ endpoint: Endpoint) async throws -> EndpointAnswer {
        guard let method = HTTPMethod(rawValue: endpoint.method) else {
            throw WebFailure(request: endpoint.description, reason: "no such method")
        }
        let response = try await send(method, endpoint.path, body: endpoint.body)
        let type = response.headers["Content-Type"]?.split(separator: ";").first.map(String.init)
        return EndpointAnswer(
            status: response.status, mediaType: type, json: JSONValue(bytes: response.body),
            text: String(decoding: response.body, as: UTF8.self))
    }

    /// Sends a body that need not be JSON, with the media type of JSON.
    public func ask(_ endpoint: Endpoint, rawBody: String) async throws -> EndpointAnswer {
        guard let method = HTTPMethod(rawValue: endpoint.method) else {
            throw WebFailure(request: endpoint.description, reason: "no such method")
        }
        let response = try await send(
            method, endpoint.path, headers: ["Content-Type": "application/json"], body: Array(rawBody.utf8))
        return EndpointAnswer(
            status: response.status, mediaType: nil, json: JSONValue(bytes: response.body),
            text: String(decoding: response.body, as: UTF8.self))
    }
}

extension OrchestratorClient {
    /// Sends a request of a walk, as whoever this client acts for.
    public func ask(_ endpoint: Endpoint) async throws -> EndpointAnswer { try await web.ask(endpoint) }

    /// Sends a body that need not be JSON.
    public func ask(_ endpoint: Endpoint, rawBody: String) async throws -> EndpointAnswer {
        try await web.ask(endpoint, rawBody: rawBody)
    }
}
