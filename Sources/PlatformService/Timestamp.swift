#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A point in time that is written as RFC 3339 in UTC with milliseconds.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// The same for Foundation.
    public let date: Date

    /// That point in time.
    public init(_ date: Date) { self.date = date }

    /// The point in time that an RFC 3339 text means, with or without a fraction; nil when it is none.
    public init?(parsing text: String) {
        let styles = [Self.style, Date.ISO8601FormatStyle(timeZoneSeparator: .colon)]
        guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else { return nil }
        self.init(date)
    }

    /// The time of this machine's clock.
    public static func now() -> Timestamp { Timestamp(Date()) }

    /// Whether the left one is the earlier.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.date < right.date }

    /// This time, moved.
    public func advanced(seconds: Double) -> Timestamp { Timestamp(date.addingTimeInterval(seconds)) }

    /// Seconds from `earlier` to this time.
    public func seconds(since earlier: Timestamp) -> Double { date.timeIntervalSince(earlier.date) }

    /// For example `2025-10-06T08:30:00.125Z`. A time that was read from its text has the same text again.
    public var text: String {
        // The formatter cuts off, and no binary fraction is quite a whole millisecond: the middle of it is safe.
        let milliseconds = (date.timeIntervalSinceReferenceDate * 1000 + 0.01).rounded(.down)
        return Date(timeIntervalSinceReferenceDate: (milliseconds + 0.5) / 1000).formatted(Self.style)
    }

    private static var style: Date.ISO8601FormatStyle {
        .init(includingFractionalSeconds: true)
    }
}

extension Timestamp: Codable {
    /// Reads what `encode` writes, and any RFC 3339 time in UTC with a fraction.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(parsing: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no RFC 3339 time")
        }
        self = time
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
