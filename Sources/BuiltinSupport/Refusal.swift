/// Why a request is refused: its HTTP status, the original's word for it, and a sentence.
package struct Refusal: Error, Sendable, CustomStringConvertible {
    /// The HTTP status.
    package let status: Int
    /// The word that the original's clients look at, where it has one.
    package let code: String
    /// The sentence for people; without secrets.
    package let message: String
    /// Further members of the error that the original's clients look at.
    package let details: [String: String]

    /// A refusal with that status.
    package init(_ status: Int, _ message: String, code: String = "", details: [String: String] = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
    }

    package var description: String { message }

    /// The refusal that any error stands for; a broken body is status 400, what we did not expect 500.
    package static func from(_ error: any Error) -> Refusal {
        switch error {
        case let error as Refusal: error
        case let error as JSONError: Refusal(400, "the body is no JSON: \(error)", code: "parse_exception")
        default: Refusal(500, "internal error: \(error)", code: "internal_error")
        }
    }
}
