/// Runs an operation with a limit; what runs past it is cancelled.
///
/// - Throws: `TimeLimitExceeded`, or what the operation throws.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TimeLimitExceeded(limit: limit)
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

/// An operation ran past its limit.
struct TimeLimitExceeded: Error, Hashable, CustomStringConvertible {
    var limit: Duration

    var description: String { "no answer within \(limit.components.seconds) s" }
}
