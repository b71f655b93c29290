import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What every JSON answer is wrapped in.
struct Envelope<Value: Encodable & Sendable>: Encodable, Sendable {
    let success = true
    let data: Value
}

/// What a failure is wrapped in.
struct FailureEnvelope: Encodable, Sendable {
    let error: String

    enum CodingKeys: String, CodingKey { case success, data, error }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(false, forKey: .success)
        try container.encodeNil(forKey: .data)
        try container.encode(error, forKey: .error)
    }
}

/// Makes answers.
enum Answer {
    /// A success with that value.
    static func data(_ value: some Encodable & Sendable, status: HTTPResponse.Status = .ok) throws -> Response {
        try json(Envelope(data: value), status: status)
    }

    /// A failure with words for the caller.
    static func failure(_ message: String, status: HTTPResponse.Status) -> Response {
        let answer = try? json(FailureEnvelope(error: message), status: status)
        return answer ?? Response(status: .internalServerError)
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

    private static func json(_ value: some Encodable, status: HTTPResponse.Status) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(value)
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
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
