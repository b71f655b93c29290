public import FleetHTTP

/// Requests and answers in JSON to any service.
public struct JSONClient: Sendable {
    let web: WebClient

    /// Names the service; nothing is sent yet.
    public init(web: WebClient) { self.web = web }

    /// Sends a request that must go well, and returns what the answer holds; null for an empty one.
    ///
    /// - Throws: `PlatformRefusal` for a status of 300 and more, `UnexpectedAnswer` for a body that is no JSON,
    ///   `WebFailure` when there is no answer.
    @discardableResult
    public func ask(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let response = try await web.send(method, path, body: body)
        let text = String(String(decoding: response.body.prefix(600), as: UTF8.self))
        guard (200..<300).contains(response.status) else {
            throw PlatformRefusal(request: response.request, status: response.status, message: text)
        }
        if response.body.isEmpty { return .null }
        guard let value = JSONValue(bytes: response.body) else {
            throw UnexpectedAnswer(request: response.request, reason: "the body is not JSON", body: text)
        }
        return value
    }

    /// The status of the answer to a request, whatever it is.
    public func status(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> Int {
        try await web.send(method, path, body: body).status
    }
}

extension JSONValue {
    /// A member of a member, and so on: `value["a", "b"]` is `b` of `a`.
    public subscript(first: String, second: String, more: String...) -> JSONValue? {
        ([second] + more).reduce(self[first]) { $0?[$1] }
    }

    /// The number, whole or not.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
