/// How many events there are, by what was done to what and how it ended.
struct AuditStatistics: Sendable, Encodable, Hashable {
    private(set) var total = 0
    private(set) var outcomes: [String: Int] = [:]
    private(set) var actions: [String: Int] = [:]
    private(set) var kinds: [String: Int] = [:]

    enum CodingKeys: String, CodingKey {
        case total, outcomes, actions
        case kinds = "resource_types"
    }

    /// Counts one more.
    mutating func count(_ event: AuditEvent) {
        total += 1
        outcomes[event.outcome, default: 0] += 1
        actions[event.action, default: 0] += 1
        kinds[event.kind.rawValue, default: 0] += 1
    }
}
