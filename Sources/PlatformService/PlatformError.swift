/// Something that a caller asked for and that cannot be, with words for him.
public struct PlatformError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can do about it.
    public enum Kind: Sendable, Hashable {
        /// The request is wrong; sending it again does not help. HTTP 400.
        case invalid
        /// Nobody knows who asks: no token, or one that does not hold. HTTP 401.
        case unauthorised
        /// The caller is known and may not do this. HTTP 403.
        case forbidden
        /// There is no such thing. HTTP 404.
        case notFound
        /// The thing is not in a state that allows it. HTTP 409.
        case conflict
        /// Too many requests came from this address; after so many whole seconds the next may come. HTTP 429.
        case tooManyRequests(retryAfter: Int)
        /// It was tried and went wrong. HTTP 500.
        case failed
        /// Something that we need does not answer; later it may. HTTP 503.
        case unavailable
    }

    /// What a caller can do about it.
    public let kind: Kind
    /// What was tried, what happened and, where that helps, what to do; without secrets.
    public let message: String

    /// An error of that kind with those words.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// The words of an error for people: ours as they are, others with their type.
public func words(of error: any Error) -> String {
    if let error = error as? PlatformError { return error.message }
    if error is CancellationError { return "it was cancelled" }
    return "\(error)"
}
