/// An environment that could not be brought up, or that broke: which part, what was tried, what happened, what to do.
public struct EnvironmentFailure: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// What kind of failure.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// The host lacks a program, or the mode is not there.
        case missing
        /// The driver does not work on this host.
        case driver
        /// A builtin backing although strict services were asked for.
        case strict
        /// A service did not start, or its gate did not open.
        case start
        /// A service that had been ready ended.
        case died
        /// The process that holds the environment did not start, or ended.
        case keeper
        /// It was told to stop before it was ready.
        case cancelled
    }

    /// What kind of failure.
    public var kind: Kind
    /// The service, if one is to blame.
    public var service: String?
    /// What was tried, such as the command.
    public var tried: String
    /// What happened.
    public var happened: String
    /// What to do about it, when that is known.
    public var advice: String?
    /// The last lines of the service's log, at most 20.
    public var log: [String]

    /// Describes a failure.
    public init(
        kind: Kind, service: String? = nil, tried: String, happened: String, advice: String? = nil, log: [String] = []
    ) {
        self.kind = kind
        self.service = service
        self.tried = tried
        self.happened = happened
        self.advice = advice
        self.log = log
    }

    /// An order to an environment that is gone.
    static var takenDown: EnvironmentFailure {
        EnvironmentFailure(kind: .cancelled, tried: "changing the environment", happened: "it was taken down")
    }

    /// The same failure with the end of a log, where it has none yet.
    func withLog(_ lines: [String]) -> EnvironmentFailure {
        var failure = self
        if failure.log.isEmpty { failure.log = lines }
        return failure
    }

    /// A sentence for people; the log's lines follow, indented.
    public var description: String {
        var text = service.map { "service \($0): " } ?? ""
        text += "\(tried): \(happened)"
        if let advice { text += "; \(advice)" }
        for line in log { text += "\n    \(line)" }
        return text
    }
}
