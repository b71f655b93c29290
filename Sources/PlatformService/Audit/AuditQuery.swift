import Hummingbird

/// Which events somebody wants.
struct AuditQuery: Sendable {
    var user: String?
    var action: String?
    var outcome: String?
    var kind: ResourceKind?
    var resource: String?
    var workspace: String?
    var from: Timestamp?
    var to: Timestamp?
    var limit = 100
    var offset = 0

    /// Reads the query of a URI. Throws which parameter is wrong.
    init(_ parameters: Parameters) throws {
        func text(_ name: String) -> String? { parameters.get(name) }
        user = text("user")
        action = text("action")
        outcome = text("outcome")
        resource = text("resource_id")
        workspace = text("workspace")
        if let word = text("resource_type") {
            guard let kind = ResourceKind(rawValue: word) else {
                throw PlatformError(.invalid, "resource_type: there is no \"\(word)\"")
            }
            self.kind = kind
        }
        from = try text("from").map { try Self.time($0, "from") }
        to = try text("to").map { try Self.time($0, "to") }
        limit = try Self.number(text("limit"), "limit", 1...10_000) ?? 100
        offset = try Self.number(text("offset"), "offset", 0...Int.max) ?? 0
    }

    /// Whether the event is one of them.
    func wants(_ event: AuditEvent) -> Bool {
        func fits<Value: Equatable>(_ wanted: Value?, _ value: Value?) -> Bool { wanted == nil || wanted == value }
        return fits(user, event.user) && fits(action, event.action) && fits(outcome, event.outcome)
            && fits(kind, event.kind) && fits(resource, event.resource) && fits(workspace, event.workspace)
            && (from.map { event.timestamp >= $0 } ?? true) && (to.map { event.timestamp < $0 } ?? true)
    }

    private static func time(_ text: String, _ name: String) throws -> Timestamp {
        guard let time = Timestamp(parsing: text) else {
            throw PlatformError(.invalid, "\(name): \"\(text)\" is no RFC 3339 time like \(Timestamp.now().text)")
        }
        return time
    }

    private static func number(_ text: String?, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw PlatformError(
                .invalid, "\(name): \"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
