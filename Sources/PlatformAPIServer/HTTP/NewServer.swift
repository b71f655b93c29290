import PlatformService

/// The documented request for a server, with what else the orchestrator takes.
///
/// A member that nobody knows is an error: somebody who spells `environment` wrongly must not get a server that nobody is
/// careful with.
struct NewServer: Decodable, Sendable {
    private enum Kind: String {
        case text = "string"
        case texts = "array of strings"
        case flag = "boolean"
        case number = "whole number"

        func fits(_ value: JSONValue) -> Bool {
            switch (self, value) {
            case (.text, .string), (.flag, .boolean), (.number, .integer): true
            case (.texts, .array(let items)): items.allSatisfy { $0.text != nil }
            default: false
            }
        }
    }

    /// What the orchestrator takes as it came; the first six are documented.
    private static let members: [String: Kind] = [
        "workspace": .text, "provider": .text, "plan": .text, "zone": .text, "check_mode": .flag, "tags": .texts,
        "environment": .text, "approval_id": .text, "infra": .text, "settings": .text, "authorized_keys": .texts,
        "priority": .number, "max_attempts": .number, "dependencies": .texts,
    ]

    /// What the orchestrator is asked.
    let submission: JSONValue

    init(from decoder: any Decoder) throws {
        var members = try [String: JSONValue](from: decoder).filter { $0.value != .null }
        guard let hostname = members.removeValue(forKey: "hostname") else {
            throw PlatformError(.invalid, "hostname: is missing")
        }
        guard let name = hostname.text, isResourceName(name) else {
            throw PlatformError(.invalid, "hostname: is no name; \(resourceNameRule)")
        }
        for (member, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = Self.members[member] else {
                let known = (["hostname"] + Self.members.keys).sorted().joined(separator: ", ")
                throw PlatformError(.invalid, "\(member): is unknown; known: \(known)")
            }
            guard kind.fits(value) else { throw PlatformError(.invalid, "\(member): is no \(kind.rawValue)") }
        }
        members["servers"] = .array([hostname])
        submission = .object(members)
    }
}
