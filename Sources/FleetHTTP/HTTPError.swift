/// A request that got no answer: what was tried, and what happened.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error; new kinds may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case invalid, resolve, connect, timeout, closed, tooLarge, tls, cancelled, other }
        private var kind: Kind

        /// The URL or a field is not well-formed.
        public static let invalidRequest = Code(kind: .invalid)
        /// The name of the server has no address.
        public static let nameNotFound = Code(kind: .resolve)
        /// Nobody accepts connections there.
        public static let connectionFailed = Code(kind: .connect)
        /// The time was over.
        public static let timeout = Code(kind: .timeout)
        /// The connection ended in the middle, or without an answer.
        public static let connectionClosed = Code(kind: .closed)
        /// The answer is larger than the request allows.
        public static let bodyTooLarge = Code(kind: .tooLarge)
        /// The encrypted connection was refused, by us or by the server.
        public static let tls = Code(kind: .tls)
        /// The task that waited was cancelled, or the client is gone.
        public static let cancelled = Code(kind: .cancelled)
        /// Anything else; the detail says what.
        public static let other = Code(kind: .other)

        /// One word.
        public var description: String { kind.rawValue }
    }

    /// What kind of error.
    public var code: Code
    /// What was asked.
    public var method: HTTPMethod
    /// Of whom, without a user and password that the URL may have had.
    public var url: String
    /// What happened.
    public var detail: String

    /// Describes an error.
    public init(code: Code, method: HTTPMethod, url: String, detail: String) {
        self.code = code
        self.method = method
        self.url = HTTPError.withoutUser(url)
        self.detail = detail
    }

    /// One sentence.
    public var description: String { "\(method.rawValue) \(url): \(detail)" }

    private static func withoutUser(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let sign = authority.lastIndex(of: "@") else { return url }
        return String(url[..<scheme.upperBound] + rest[rest.index(after: sign)...])
    }
}
