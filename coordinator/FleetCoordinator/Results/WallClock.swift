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

    /// How many seconds lie between two times of `timestamp`; 0 when one of them is none, or they are the wrong way round.
    static func seconds(from first: String, to last: String) -> Double {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let first = try? style.parse(first), let last = try? style.parse(last) else { return 0 }
        return max(0, last.timeIntervalSince(first))
    }
}
