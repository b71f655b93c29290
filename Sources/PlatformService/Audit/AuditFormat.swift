#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The documented formats in which audit events leave the platform.
public enum AuditFormat: String, Sendable, CaseIterable {
    case json, csv, splunk, ecs, jsonl

    /// The media type of the text.
    var mediaType: String {
        switch self {
        case .json, .ecs: "application/json; charset=utf-8"
        case .csv: "text/csv; charset=utf-8"
        case .splunk, .jsonl: "application/x-ndjson; charset=utf-8"
        }
    }

    /// The events as text: `json` an array of flat objects, `ecs` an array of ECS documents, `jsonl` one ECS document a line,
    /// `splunk` one event of Splunk's HTTP collector a line, `csv` with a line of names.
    func text(_ events: [AuditEvent]) throws -> String {
        switch self {
        case .json: try Self.encoded(events.map(FlatAuditEvent.init))
        case .ecs: try Self.encoded(events)
        case .jsonl: try events.map { try Self.encoded($0) + "\n" }.joined()
        case .splunk: try events.map { try Self.encoded(SplunkEvent($0)) + "\n" }.joined()
        case .csv: Self.csv(events.map(FlatAuditEvent.init))
        }
    }

    private static func encoded(_ value: some Encodable) throws -> String {
        String(decoding: try AuditLog.encoder().encode(value), as: UTF8.self)
    }

    private static func csv(_ events: [FlatAuditEvent]) -> String {
        let lines = [FlatAuditEvent.names] + events.map(\.values)
        return lines.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A field by RFC 4180; what a spreadsheet would take for a formula gets an apostrophe.
    private static func field(_ value: String) -> String {
        let safe = value.first.map { "=+-@".contains($0) } == true ? "'\(value)" : value
        guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}

/// An event without levels.
private struct FlatAuditEvent: Encodable {
    static let names = [
        "id", "timestamp", "service", "action", "outcome", "user", "roles", "address", "resource_type", "resource_id",
        "workspace", "method", "path", "status", "rule", "reason",
    ]

    let values: [String]

    init(_ event: AuditEvent) {
        values = [
            event.id, event.timestamp.text, event.service, event.action, event.outcome, event.user ?? "",
            event.roles.joined(separator: " "), event.address ?? "", event.kind.rawValue, event.resource ?? "",
            event.workspace ?? "", event.method ?? "", event.path ?? "", "\(event.status)", event.rule ?? "",
            event.reason ?? "",
        ]
    }

    func encode(to encoder: any Encoder) throws {
        try Dictionary(zip(Self.names, values)) { first, _ in first }.encode(to: encoder)
    }
}

/// What Splunk's HTTP event collector takes.
private struct SplunkEvent: Encodable {
    let time: Double
    let sourcetype = "provisioning:audit"
    let source: String
    let event: AuditEvent

    init(_ event: AuditEvent) {
        time = event.timestamp.date.timeIntervalSince1970
        source = event.service
        self.event = event
    }
}
