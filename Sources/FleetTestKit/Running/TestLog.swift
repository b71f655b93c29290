#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The log of one attempt: a line for each event, with time, level, message and `key=value` pairs.
///
/// ```
/// 2026-11-23T04:22:34.123Z info step="create the server" seconds=1.204
/// ```
///
/// Times are UTC with milliseconds, as the services write them, so that both can be laid side by side.
public struct TestLog: Sendable {
    /// How much a line matters.
    public enum Level: String, Sendable { case debug, info, warning, error }

    private let sink: @Sendable (String) -> Void

    /// A log that hands each line, without its line feed, to a closure.
    public init(sink: @escaping @Sendable (String) -> Void) { self.sink = sink }

    /// A log on standard output, unbuffered: what was logged before a crash is there.
    public static let standardOutput = TestLog { line in
        var bytes = ArraySlice((line + "\n").utf8)
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return }
            bytes = bytes.dropFirst(max(count, 0))
        }
    }

    /// Writes one line.
    public func note(_ level: Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        var line = "\(time) \(level.rawValue)"
        if !message.isEmpty { line += " \(Self.oneLine(message))" }
        for (key, value) in fields { line += " \(key)=\(Self.quoted(value))" }
        sink(line)
    }

    /// Writes one line of the level `info`.
    public func info(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        note(.info, message, fields)
    }

    private static func oneLine(_ text: String) -> String {
        text.replacing("\n", with: "\\n").replacing("\r", with: "\\r")
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.allSatisfy { !$0.isWhitespace && $0 != "\"" && $0 != "=" }
        return isPlain ? value : "\"\(oneLine(value).replacing("\"", with: "\\\""))\""
    }
}
