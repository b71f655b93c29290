import Dispatch

/// A value that is set once and that any number of tasks may wait for.
public final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case open(waiters: [Int: Waiter], next: Int)
        case fulfilled(Value)
    }

    /// Who waits, and what wakes it up when the time is over.
    private struct Waiter {
        var continuation: CheckedContinuation<Value?, Never>
        var timer: (any DispatchSourceTimer)?

        func resume(returning value: Value?) {
            timer?.cancel()
            continuation.resume(returning: value)
        }
    }

    private let state = Locked<State>(.open(waiters: [:], next: 0))

    /// Makes one that is not yet set.
    public init() {}

    /// The value; nil while it is not set.
    public var current: Value? {
        state.withLock { state in
            if case .fulfilled(let value) = state { value } else { nil }
        }
    }

    /// Sets the value and wakes everybody who waits; false when it was set before, which stays.
    @discardableResult
    public func fulfil(_ value: Value) -> Bool {
        let waiters: [Waiter]? = state.withLock { state in
            guard case .open(let waiters, _) = state else { return nil }
            state = .fulfilled(value)
            return Array(waiters.values)
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume(returning: value) }
        return true
    }

    /// Waits until the value is set, without limit; a cancelled task goes on waiting.
    public func value() async -> Value {
        while true {
            let value = await withCheckedContinuation { continuation in
                _ = enter(continuation)
            }
            if let value { return value }
        }
    }

    /// Waits until the value is set, at most so long; nil when it was not set in time.
    ///
    /// A cancelled task goes on waiting: clean-up has to work there as well, and the wait is bounded.
    public func value(within limit: Duration) async -> Value? {
        await withCheckedContinuation { continuation in
            guard let number = enter(continuation) else { return }
            let timer = DispatchSource.makeTimerSource()
            timer.setEventHandler { [weak self] in self?.leave(number) }
            timer.schedule(deadline: .now() + .nanoseconds(limit.nanoseconds))
            // Also one that is cancelled below must have been resumed once, or it is never let go.
            timer.resume()
            if !keep(timer, for: number) { timer.cancel() }
        }
    }

    // A timer lives no longer than the wait, however long its limit is; false when the wait is over already.
    private func keep(_ timer: any DispatchSourceTimer, for number: Int) -> Bool {
        state.withLock { state in
            guard case .open(var waiters, let next) = state, waiters[number] != nil else { return false }
            waiters[number]?.timer = timer
            state = .open(waiters: waiters, next: next)
            return true
        }
    }

    // Resumes at once when the value is there; else returns the waiter's number.
    private func enter(_ continuation: CheckedContinuation<Value?, Never>) -> Int? {
        let (value, number): (Value?, Int?) = state.withLock { state in
            switch state {
            case .fulfilled(let value):
                return (value, nil)
            case .open(var waiters, let next):
                waiters[next] = Waiter(continuation: continuation)
                state = .open(waiters: waiters, next: next + 1)
                return (nil, next)
            }
        }
        if let value { continuation.resume(returning: value) }
        return number
    }

    private func leave(_ number: Int) {
        let waiter: Waiter? = state.withLock { state in
            guard case .open(var waiters, let next) = state else { return nil }
            let waiter = waiters.removeValue(forKey: number)
            state = .open(waiters: waiters, next: next)
            return waiter
        }
        waiter?.resume(returning: nil)
    }
}

extension Duration {
    /// The whole duration in nanoseconds, at most about 292 years.
    var nanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? 0 : .max }
        let (sum, carry) = product.addingReportingOverflow(Int(attoseconds / 1_000_000_000))
        return carry ? .max : max(0, sum)
    }
}
