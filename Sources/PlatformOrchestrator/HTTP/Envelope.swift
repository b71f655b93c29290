import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes answers in the documented envelope, its members in the documented order.
enum Answer {
    /// A success with that value.
    static func data(_ value: some Encodable & Sendable, status: HTTPResponse.Status = .ok) throws -> Response {
        json("{\"success\":true,\"data\":" + (try encoded(value)) + "}", status: status)
    }

    /// A failure with words for the caller.
    static func failure(_ message: String, status: HTTPResponse.Status) -> Response {
        let words = (try? encoded(message)) ?? "\"internal error\""
        return json("{\"success\":false,\"data\":null,\"error\":" + words + "}", status: status)
    }

    /// The failure that an error stands for.
    static func failure(_ error: any Error) -> Response {
        switch error {
        case let error as PlatformError: failure(error.message, status: status(of: error.kind))
        case let error as HTTPError: failure(error.body ?? error.status.reasonPhrase, status: error.status)
        case let error as DecodingError: failure(words(of: error), status: .badRequest)
        default: failure("internal error: \(error)", status: .internalServerError)
        }
    }

    private static func status(of kind: PlatformError.Kind) -> HTTPResponse.Status {
        switch kind {
        case .invalid: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .unavailable: .serviceUnavailable
        case .failed: .internalServerError
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
    static func words(of error: DecodingError) -> String {
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
