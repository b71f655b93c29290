public import FleetModel
public import InterfaceProfile

/// What a test body is handed: clients, steps, clean-up, unique names and a log.
public final class TestContext: Sendable {
    /// What the process was told.
    public let invocation: TestInvocation
    /// Paths, names and spellings of the platform.
    public let profile: InterfaceProfile
    /// The log of the attempt.
    public let log: TestLog
    /// A directory for files that are nobody else's business, keys for example; it is removed after the test.
    public let scratch: String

    let cleanups = CleanupStack()
    let progress = Progress()
    let automation = AutomationDesk()
    private let suffix: String

    /// Makes the context of one attempt.
    public init(
        invocation: TestInvocation, scratch: String, profile: InterfaceProfile = .standard,
        log: TestLog = .standardOutput
    ) {
        self.invocation = invocation
        self.scratch = scratch
        self.profile = profile
        self.log = log
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        self.suffix = String((0..<5).compactMap { _ in letters.randomElement() })
    }

    /// A name that no other attempt has, of this run or another: usable as a DNS label and in an OCI repository.
    ///
    /// - Parameter stem: lower-case letters, digits and `-`; what the name begins with.
    public func unique(_ stem: String) -> String {
        "\(stem.prefix(40))\(Self.mark(of: invocation.attempt))\(suffix)"
    }

    /// What every name of an attempt has in it, and none of another attempt of the run.
    public static func mark(of attempt: AttemptID) -> String { "-t\(attempt)-" }

    /// Whether a text has the mark of any attempt.
    public static func hasMark(_ text: String) -> Bool { text.contains(/-t[0-9]+-/) }

    /// Remembers what has to be undone after the test, however it ends; the latest is undone first.
    public func cleanup(_ what: String, _ undo: @escaping @Sendable () async throws -> Void) async {
        await cleanups.push(what, undo)
    }

    /// Runs a part of the test under a name.
    ///
    /// The name is logged with its duration, and an error inside it says the name and, unless it knows better, this
    /// line; so a client's error has a place in the test too.
    @discardableResult
    public func step<Value>(
        _ what: String, filePath: String = #filePath, line: Int = #line, _ body: () async throws -> Value
    ) async throws -> Value {
        let place = SourcePlace(filePath: filePath, line: line)
        let start = ContinuousClock.now
        log.info("begin", ["step": what])
        await progress.enter(what, place)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(Self.placed(error, in: what, at: place))
        }
        await progress.leave()
        let seconds = String((ContinuousClock.now - start).seconds.rounded(toPlaces: 3))
        switch result {
        case .success: log.info("done", ["step": what, "seconds": seconds])
        case .failure(let error):
            log.note(.error, "failed", ["step": what, "seconds": seconds, "error": String(describing: error)])
        }
        return try result.get()
    }

    private static func placed(_ error: any Error, in what: String, at place: SourcePlace) -> any Error {
        switch error {
        case is TestSkipped, is InterfaceNotFound, is CancellationError:
            return error
        case let assertion as AssertionFailure:
            var failure = assertion.failure
            failure.message = "\(what): \(failure.message)"
            if failure.file == nil {
                failure.file = place.file
                failure.line = place.line
            }
            return AssertionFailure(failure)
        default:
            return AssertionFailure("\(what): \(error)", at: place)
        }
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { value, _ in value * 10 }
        return (self * scale).rounded() / scale
    }
}
