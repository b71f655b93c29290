import Hummingbird
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Answers in the API server's documented form: bare values, and errors whose `code` is a string.
enum APIAnswer {
    private struct Failure: Encodable {
        let error: String
        let message: String
        let code: String
    }

    /// A bare value.
    static func bare(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(try encoder.encode(value), .ok)
    }

    /// The failure that an error stands for.
    static func failure(_ error: any Error) -> Response {
        let (status, message): (HTTPResponse.Status, String) =
            switch error {
            case let error as PlatformError: (Answer.status(of: error), error.message)
            case let error as HTTPError: (error.status, error.body ?? error.status.reasonPhrase)
            case let error as DecodingError: (.badRequest, Answer.words(of: error))
            default: (.internalServerError, "internal error: \(error)")
            }
        let failure = Failure(error: name(of: status.code), message: message, code: "\(status.code)")
        var answer = response((try? JSONEncoder().encode(failure)) ?? Data(), status)
        if let error = error as? PlatformError { answer.headers.append(contentsOf: Answer.headers(of: error)) }
        return answer
    }

    private static func name(of status: Int) -> String {
        switch status {
        case 400: "BAD_REQUEST"
        case 401: "UNAUTHORIZED"
        case 403: "FORBIDDEN"
        case 404: "NOT_FOUND"
        case 409: "CONFLICT"
        case 429: "TOO_MANY_REQUESTS"
        case 503: "SERVICE_UNAVAILABLE"
        default: status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR"
        }
    }

    private static func response(_ body: Data, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
