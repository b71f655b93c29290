#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A point in time that is written as RFC 3339 in UTC with milliseconds.
struct Timestamp: Sendable, Hashable, Comparable {
    let date: Date

    init(_ date: Date) { self.date = date }

    /// The time of this machine's clock.
    static func now() -> Timestamp { Timestamp(Date()) }

    static func < (left: Timestamp, right: Timestamp) -> Bool { left.date < right.date }

    /// This time, moved.
    func advanced(seconds: Double) -> Timestamp { Timestamp(date.addingTimeInterval(seconds)) }

    /// Seconds from `earlier` to this time.
    func seconds(since earlier: Timestamp) -> Double { date.timeIntervalSince(earlier.date) }

    /// For example `2025-10-06T08:30:00.125Z`.
    var text: String { date.formatted(Self.style) }

    private static var style: Date.ISO8601FormatStyle {
        .init(includingFractionalSeconds: true)
    }
}

extension Timestamp: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = try? Self.style.parse(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no RFC 3339 time")
        }
        self.init(date)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
