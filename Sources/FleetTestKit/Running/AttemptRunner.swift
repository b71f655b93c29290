import FleetModel

/// Runs one body within its limits, cleans up after it and says how it ended.
struct AttemptRunner: Sendable {
    /// The test.
    let test: DeclaredTest
    /// What its body is handed.
    let context: TestContext
    /// How long body and clean-up may take.
    let limits: TestLimits
    /// How long a cancelled body may take to notice.
    var patience = Duration.seconds(1)

    private enum Event: Sendable {
        case ended(Result<Void, any Error>)
        case late
        case stopped(String)
        case unresponsive
    }

    /// Runs the body.
    ///
    /// - Parameter stops: reasons to end early, such as a signal; the first one counts.
    func run(stops: AsyncStream<String>) async -> TestVerdict {
        let (events, continuation) = AsyncStream<Event>.makeStream()
        // A body may ignore its cancellation, so none of these is awaited: the process ends after the verdict.
        let worker = Task { [test, context] in
            do {
                try await test.body(context)
                continuation.yield(.ended(.success(())))
            } catch {
                continuation.yield(.ended(.failure(error)))
            }
        }
        let timer = Self.timer(.seconds(limits.body), continuation, .late)
        let listener = Task { for await reason in stops { continuation.yield(.stopped(reason)) } }
        defer {
            timer.cancel()
            listener.cancel()
        }
        var iterator = events.makeAsyncIterator()
        var verdict: TestVerdict
        switch await iterator.next(isolation: #isolation) {
        case .ended(let result)?:
            verdict = Self.verdict(of: result)
        case .stopped(let reason)?:
            verdict = await interrupt(worker, &iterator, continuation, outcome: .failed, why: "stopped by \(reason)")
        case .late?, .unresponsive?, nil:
            let why = "ran longer than \(Duration.seconds(limits.body).secondsText) s"
            verdict = await interrupt(worker, &iterator, continuation, outcome: .timeout, why: why)
        }
        let leftovers = await context.cleanups.unwind(within: .seconds(limits.cleanup), log: context.log)
        if !leftovers.isEmpty, verdict.outcome == .passed {
            let message = "the clean-up failed: \(leftovers.joined(separator: "; "))"
            verdict = TestVerdict(outcome: .failed, message: message, failure: Failure(message: message))
        }
        // What failed outside every step and every assertion has at least the line of the declaration.
        if verdict.failure != nil, verdict.failure?.file == nil {
            verdict.failure?.file = test.place.file
            verdict.failure?.line = test.place.line
        }
        return verdict
    }

    /// Cancels the body, gives it a moment to say what it was waiting for, and says where it stood.
    private func interrupt(
        _ worker: Task<Void, Never>, _ iterator: inout AsyncStream<Event>.Iterator,
        _ continuation: AsyncStream<Event>.Continuation, outcome: Outcome, why: String
    ) async -> TestVerdict {
        let step = await context.progress.current
        worker.cancel()
        let timer = Self.timer(patience, continuation, .unresponsive)
        defer { timer.cancel() }
        var message = why
        if let step { message += ", in: \(step.what)" }
        var failure = Failure(message: message, file: step?.place.file, line: step?.place.line)
        waiting: while let event = await iterator.next(isolation: #isolation) {
            switch event {
            case .ended(.failure(let error as AssertionFailure)):
                failure = error.failure
                failure.message = "\(why); \(error.failure.message)"
                break waiting
            case .ended, .unresponsive: break waiting
            case .late, .stopped: continue
            }
        }
        return TestVerdict(outcome: outcome, message: message, failure: failure)
    }

    // Nobody awaits the timer: it ends with its sleep, or by the cancellation of who started it. Time itself is the
    // event here, and the sleep is the limit.
    private static func timer(
        _ limit: Duration, _ continuation: AsyncStream<Event>.Continuation, _ event: Event
    ) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: limit)
            continuation.yield(event)
        }
    }

    private static func verdict(of result: Result<Void, any Error>) -> TestVerdict {
        switch result {
        case .success: TestVerdict(outcome: .passed)
        case .failure(let skipped as TestSkipped): TestVerdict(outcome: .skipped, message: skipped.reason)
        case .failure(let missing as InterfaceNotFound):
            TestVerdict(outcome: .noInterface, message: missing.description)
        case .failure(let assertion as AssertionFailure):
            TestVerdict(outcome: .failed, message: assertion.failure.message, failure: assertion.failure)
        case .failure(let error):
            TestVerdict(
                outcome: .failed, message: "\(error)", failure: Failure(message: "\(error)"))
        }
    }
}
