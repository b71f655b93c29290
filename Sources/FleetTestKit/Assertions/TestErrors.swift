public import FleetModel

/// An assertion that did not hold.
public struct AssertionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was seen, and where.
    public var failure: Failure

    /// Describes what did not hold.
    public init(_ message: String, expected: String? = nil, actual: String? = nil, at place: SourcePlace) {
        self.failure = Failure(
            message: message, expected: expected, actual: actual, file: place.file, line: place.line)
    }

    /// Wraps a failure that already knows its place.
    public init(_ failure: Failure) { self.failure = failure }

    /// The message, with both values when there are two.
    public var description: String {
        var text = failure.message
        if let expected = failure.expected { text += "; expected \(expected)" }
        if let actual = failure.actual { text += "; found \(actual)" }
        return text
    }
}

/// The test says that it cannot run here.
public struct TestSkipped: Error, Hashable, Sendable, CustomStringConvertible {
    /// Why, in one sentence.
    public var reason: String

    /// The reason.
    public var description: String { reason }
}

/// The interface that a test needs is not where the profile says: its own outcome, not a failure.
public struct InterfaceNotFound: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was asked for: method and path.
    public var path: String

    /// Names the path.
    public init(path: String) { self.path = path }

    /// One sentence with the path.
    public var description: String { "interface not found at \(path)" }
}
