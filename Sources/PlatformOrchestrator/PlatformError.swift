/// Something that a caller asked for and that cannot be, with words for him.
struct PlatformError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can do about it.
    enum Kind: Sendable, Hashable {
        /// The request is wrong; sending it again does not help.
        case invalid
        /// There is no such thing.
        case notFound
        /// The thing is not in a state that allows it.
        case conflict
        /// Something that we need does not answer; later it may.
        case unavailable
        /// It was tried and went wrong.
        case failed
    }

    let kind: Kind
    /// What was tried, what happened and, where that helps, what to do; without secrets.
    let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    var description: String { message }
}

/// The words of an error for people: ours as they are, others with their type.
func words(of error: any Error) -> String {
    if let error = error as? PlatformError { return error.message }
    if error is CancellationError { return "it was cancelled" }
    return "\(error)"
}
