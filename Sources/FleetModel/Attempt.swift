/// What a failed assertion saw.
public struct Failure: Hashable, Sendable, Codable {
    /// One sentence: what did not hold.
    public var message: String
    /// The value that the test expected, when it compared two.
    public var expected: String?
    /// The value that it found.
    public var actual: String?
    /// The source file of the assertion, relative to the repository.
    public var file: String?
    /// The line in that file, from 1.
    public var line: Int?

    /// Describes a failure.
    public init(
        message: String, expected: String? = nil, actual: String? = nil, file: String? = nil, line: Int? = nil
    ) {
        self.message = message
        self.expected = expected
        self.actual = actual
        self.file = file
        self.line = line
    }
}

/// Text of bounded size: the head and the tail are kept, and how much was cut between them.
public struct BoundedText: Hashable, Sendable {
    /// What came first.
    public var head: String
    /// What came last; empty when nothing was cut.
    public var tail: String
    /// How many bytes were left out between head and tail.
    public var cutBytes: Int

    /// Wraps text that was bounded elsewhere.
    public init(head: String = "", tail: String = "", cutBytes: Int = 0) {
        self.head = head
        self.tail = tail
        self.cutBytes = cutBytes
    }

    /// Whether there is nothing.
    public var isEmpty: Bool { head.isEmpty && tail.isEmpty }

    /// The same text in at most `limit` bytes of UTF-8: what does not fit is cut out of the middle.
    public func limited(to limit: Int) -> BoundedText {
        guard head.utf8.count + tail.utf8.count > limit else { return self }
        let half = limit / 2
        let end = tail.isEmpty ? head : tail
        let newHead = head.prefix(bytes: half)
        let newTail = end.suffix(bytes: half)
        let kept = newHead.utf8.count + newTail.utf8.count
        return BoundedText(
            head: newHead, tail: newTail, cutBytes: cutBytes + head.utf8.count + tail.utf8.count - kept)
    }

    /// The text for people, with a line that marks the cut.
    public var text: String {
        cutBytes == 0 ? head + tail : "\(head)\n[… \(cutBytes) bytes cut …]\n\(tail)"
    }
}

/// A file that an attempt left for the reports.
public struct Artifact: Hashable, Sendable, Codable {
    /// Its path below the attempt's directory, with `/` between components.
    public var path: String
    /// Its size in bytes.
    public var size: Int
    /// The SHA-256 of its content, 64 hexadecimal digits.
    public var sha256: String

    /// Describes a file.
    public init(path: String, size: Int, sha256: String) {
        self.path = path
        self.size = size
        self.sha256 = sha256
    }
}

/// The lines that one service logged while an attempt ran.
public struct ServiceLog: Hashable, Sendable, Codable {
    /// The name of the service.
    public var service: String
    /// Its lines, bounded.
    public var text: BoundedText

    /// Pairs a service with its lines.
    public init(service: String, text: BoundedText) {
        self.service = service
        self.text = text
    }
}

/// What an agent says of an attempt that has ended.
public struct AttemptResult: Hashable, Sendable, Encodable {
    /// How it ended.
    public var outcome: Outcome
    /// What is to blame.
    public var cause: Cause
    /// How long it ran, in seconds of the agent's monotonic clock.
    public var seconds: Double
    /// One line for people: why it did not pass, or why it was skipped.
    public var message: String?
    /// What the assertion saw.
    public var failure: Failure?
    /// What it printed on both streams, bounded.
    public var output: BoundedText
    /// The files that it left.
    public var artifacts: [Artifact]
    /// What the services logged meanwhile; only of attempts that did not pass.
    public var serviceLogs: [ServiceLog]
    /// What it left behind in its environment, a sentence each; nil when nobody looked.
    public var leaks: [String]?

    /// Describes an ended attempt.
    public init(
        outcome: Outcome, cause: Cause = .test, seconds: Double, message: String? = nil, failure: Failure? = nil,
        output: BoundedText = BoundedText(), artifacts: [Artifact] = [], serviceLogs: [ServiceLog] = [],
        leaks: [String]? = nil
    ) {
        self.outcome = outcome
        self.cause = cause
        self.seconds = seconds
        self.message = message
        self.failure = failure
        self.output = output
        self.artifacts = artifacts
        self.serviceLogs = serviceLogs
        self.leaks = leaks
    }
}
