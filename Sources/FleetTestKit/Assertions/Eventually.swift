import FleetModel

/// Tries until the body returns without an error, and returns its value.
///
/// Pauses begin at 20 ms and double up to 500 ms. A skip, an interface that is not there and the cancellation of the
/// test end it at once; every other error means “not yet”.
///
/// - Parameters:
///   - what: the sentence that should become true.
///   - limit: how long to try; the body is tried at least once, and once more when the limit is reached.
///   - body: asserts what should become true.
/// - Throws: `AssertionFailure` that reports the last failure, with its expected and actual values and its line.
@discardableResult
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(10), filePath: String = #filePath, line: Int = #line,
    _ body: () async throws -> Value
) async throws -> Value {
    let place = SourcePlace(filePath: filePath, line: line)
    let start = ContinuousClock.now
    var pause = Duration.milliseconds(20)
    var tries = 0
    while true {
        tries += 1
        do {
            return try await body()
        } catch let error as TestSkipped {
            throw error
        } catch let error as InterfaceNotFound {
            throw error
        } catch {
            let spent = ContinuousClock.now - start
            let isOver = spent >= limit
            if isOver || Task.isCancelled {
                throw lastFailure(of: what, error: error, tries: tries, time: isOver ? limit : spent, at: place)
            }
            do {
                try await Task.sleep(for: min(pause, limit - spent))
            } catch is CancellationError {
                throw lastFailure(of: what, error: error, tries: tries, time: spent, at: place)
            }
            pause = min(pause * 2, .milliseconds(500))
        }
    }
}

private func lastFailure(
    of what: String, error: any Error, tries: Int, time: Duration, at place: SourcePlace
) -> AssertionFailure {
    let times = tries == 1 ? "1 try" : "\(tries) tries"
    let head = "did not happen within \(time.secondsText) s (\(times)): \(what)"
    guard let inner = error as? AssertionFailure else {
        return AssertionFailure("\(head); last: \(error)", expected: what, at: place)
    }
    var failure = inner.failure
    failure.message = "\(head); last: \(failure.message)"
    failure.expected = failure.expected ?? what
    return AssertionFailure(failure)
}

extension Duration {
    /// Seconds as a floating point number.
    var seconds: Double {
        let (whole, atto) = components
        return Double(whole) + Double(atto) / 1e18
    }

    /// Seconds with one decimal, for people.
    var secondsText: String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
