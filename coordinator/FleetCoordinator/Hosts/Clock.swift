#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The coordinator's clocks.
enum Clock {
    private static let origin = ContinuousClock.now

    /// Seconds of the monotonic clock since the program first asked.
    static var now: Double {
        let elapsed = ContinuousClock.now - origin
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    /// The wall clock: RFC 3339, UTC, with milliseconds.
    static var timestamp: String {
        Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
