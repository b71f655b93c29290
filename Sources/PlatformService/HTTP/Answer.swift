public import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes answers in the documented envelope, its members in the documented order.
public enum Answer {
    /// A success with that value.
    public static func data(_ value: some Encodable & Sendable, status: HTTPResponse.Status = .ok) throws -> Response {
        json("{\"success\":true,\"data\":" + (try encoded(value)) + "}", status: status)
    }

    /// A failure with words for the caller.
    public static func failure(_ message: String, status: HTTPResponse.Status) -> Response {
        let words = (try? encoded(message)) ?? "\"internal error\""
        return json("{\"success\":false,\"data\":null,\"error\":" + words + "}", status: status)
    }

    /// The failure that an error stands for.
    public static func failure(_ error: any Error) -> Response {
        switch error {
        case let error as PlatformError: failure(error)
        case let error as HTTPError: failure(error.body ?? error.status.reasonPhrase, status: error.status)
        case let error as DecodingError: failure(words(of: error), status: .badRequest)
        default: failure("internal error: \(error)", status: .internalServerError)
        }
    }

    private static func failure(_ error: PlatformError) -> Response {
        var response = failure(error.message, status: status(of: error))
        response.headers.append(contentsOf: headers(of: error))
        return response
    }

    /// The HTTP status of a failure.
    public static func status(of error: PlatformError) -> HTTPResponse.Status {
        switch error.kind {
        case .invalid: .badRequest
        case .unauthorised: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .tooManyRequests: .tooManyRequests
        case .failed: .internalServerError
        case .unavailable: .serviceUnavailable
        }
    }

    /// What HTTP wants beside the status: how to log in, when to come again.
    public static func headers(of error: PlatformError) -> HTTPFields {
        switch error.kind {
        case .unauthorised: [.wwwAuthenticate: "Bearer"]
        case .tooManyRequests(let seconds): [.retryAfter: "\(seconds)"]
        default: [:]
        }
    }

    private static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func json(_ text: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// What is wrong with a body, in words: the member and the complaint.
    public static func words(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])): is missing"
        case .typeMismatch(let type, let context): "\(path(context.codingPath)): is no \(kind(type))"
        case .valueNotFound(let type, let context): "\(path(context.codingPath)): is null, not a \(kind(type))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "the body is no JSON" : "\(path(context.codingPath)): \(context.debugDescription)"
        @unknown default: "the body cannot be read: \(error)"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "the body" : keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }

    private static func kind(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "string"
        case is Int.Type: "whole number"
        case is Bool.Type: "boolean"
        case is [Any].Type: "array"
        default: "object"
        }
    }
}
