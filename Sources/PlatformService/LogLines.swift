public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A log handler that writes one line for each event to standard error: `time=… level=… message="…" key=value …`.
///
/// Values that hold anything but plain characters are quoted, with `\"`, `\\`, `\n`, `\t` and `\u{…}` escaped, so that no value can
/// start a line of its own.
public struct LogLines: LogHandler {
    /// Metadata that goes with every line.
    public var metadata: Logger.Metadata = [:]
    /// The lowest level that is written.
    public var logLevel: Logger.Level = .info
    /// Whether each line is a JSON object instead, whose members are texts.
    public var isJSON = false
    private let label: String

    /// A handler for the logger of that label.
    public init(label: String) { self.label = label }

    /// One value of the metadata that goes with every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the line of one event, in one system call.
    public func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        var pairs = [("time", Timestamp.now().text), ("level", "\(event.level)"), ("logger", label)]
        pairs.append(("message", "\(event.message)"))
        pairs += all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let line = isJSON ? Self.object(pairs) : pairs.map { "\($0.0)=\(Self.quoted($0.1))" }.joined(separator: " ")
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func object(_ pairs: [(String, String)]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let members = Dictionary(pairs) { first, _ in first }
        return (try? encoder.encode(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The value as it is if it is plain, else in quotation marks.
    static func quoted(_ value: String) -> String {
        let plain = value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7f && $0 != "\"" && $0 != "=" }
        if plain, !value.isEmpty { return value }
        let escaped = value.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\t": "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
