#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Times as the services write them.
package enum Clock {
    /// Now, such as `2025-10-06T08:30:00Z`.
    package static func now() -> String { text(Date()) }

    /// Now with milliseconds, such as `2025-10-06T08:30:00.125Z`.
    package static func precise() -> String {
        Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// That time, such as `2025-10-06T08:30:00Z`.
    package static func text(_ date: Date) -> String { date.formatted(Date.ISO8601FormatStyle()) }

    /// The time that a text of either form names; nil if it is none.
    package static func date(_ text: String) -> Date? {
        (try? Date.ISO8601FormatStyle().parse(text))
            ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }
}
