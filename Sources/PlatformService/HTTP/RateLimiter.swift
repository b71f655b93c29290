import FleetSystem

/// Counts the requests of each address, and refuses what is too much.
public struct RateLimiter: Sendable {
    private let window: Locked<SlidingWindow>
    private let exempt: [AddressRange]
    private let clock = ContinuousClock()
    private let start = ContinuousClock().now

    /// So many requests in any so many seconds from each address that is not exempt.
    public init(limit: Int, seconds: Double, exempt: [AddressRange]) {
        window = Locked(SlidingWindow(limit: limit, length: seconds))
        self.exempt = exempt
    }

    /// Throws `.tooManyRequests` when that address has sent too many.
    public func check(_ address: String) throws {
        guard !exempt.contains(where: { $0.contains(address) }) else { return }
        let now = start.duration(to: clock.now) / .seconds(1)
        guard let wait = window.withLock({ $0.admit(address, at: now) }) else { return }
        throw PlatformError(.tooManyRequests(retryAfter: max(1, Int(wait.rounded(.up)))), "too many requests")
    }
}
