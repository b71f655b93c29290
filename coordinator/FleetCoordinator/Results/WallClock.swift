#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The time of day, for people; durations are measured by FleetSystem's `Monotonic`.
enum WallClock {
    /// Now: RFC 3339, UTC, with milliseconds.
    static var timestamp: String {
        Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
