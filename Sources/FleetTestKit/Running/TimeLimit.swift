/// Runs work that may not listen to its cancellation, for a bounded time.
enum TimeLimit {
    /// How the work ended.
    enum Outcome<Value: Sendable>: Sendable {
        /// In time, with its result.
        case finished(Result<Value, any Error>)
        /// It did not end in time; it was cancelled and may still run.
        case late
    }

    /// Waits for the work, but no longer than the limit; work that is late is cancelled and left behind.
    static func run<Value: Sendable>(
        for limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async -> Outcome<Value> {
        let (outcomes, continuation) = AsyncStream<Outcome<Value>>.makeStream(bufferingPolicy: .bufferingOldest(1))
        // Nobody awaits these two: the first result counts, and a test process ends soon after the last one.
        let worker = Task {
            do {
                continuation.yield(.finished(.success(try await work())))
            } catch {
                continuation.yield(.finished(.failure(error)))
            }
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            continuation.yield(.late)
        }
        defer {
            timer.cancel()
            worker.cancel()
        }
        var iterator = outcomes.makeAsyncIterator()
        return await iterator.next() ?? .late
    }
}
