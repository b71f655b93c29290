public import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One operation, as an event of the Elastic Common Schema. It never holds a body, a query, a token or another secret.
public struct AuditEvent: Sendable, Codable, Hashable {
    /// Unique; also the document's id in Elasticsearch, so that shipping twice changes nothing.
    public let id: String
    /// When it began.
    public let timestamp: Timestamp
    /// The policy's word for what was done.
    public var action: String
    /// What it was done to.
    public var kind: ResourceKind
    /// The thing's name, if it was about one.
    public var resource: String?
    /// The workspace, if it was about one.
    public var workspace: String?
    /// Who; nil when nobody knows.
    public var user: String?
    /// His roles.
    public var roles: [String] = []
    /// Where the request came from.
    public var address: String?
    /// HTTP method.
    public var method: String?
    /// Path without its query.
    public var path: String?
    /// HTTP status of the answer.
    public var status = 200
    /// Rule that decided.
    public var rule: String?
    /// Why it failed, in words.
    public var reason: String?
    /// The service that records it; set by its `AuditLog`.
    public var service = ""

    /// An event that begins now.
    public init(action: String, kind: ResourceKind, address: String? = nil) {
        id = UUID().uuidString.lowercased()
        timestamp = .now()
        self.action = action
        self.kind = kind
        self.address = address
    }

    /// `success` or `failure`.
    public var outcome: String { status < 400 ? "success" : "failure" }

    /// Notes who it was.
    public mutating func name(_ principal: Principal) {
        user = principal.name
        roles = principal.roles.map(\.rawValue).sorted()
    }

    /// Notes what it was done to.
    public mutating func fill(_ access: AccessRequest) {
        action = access.action.rawValue
        kind = access.resource.kind
        resource = access.resource.name
        workspace = access.resource.workspace
    }

    /// The same event without what points to a person: the user becomes a pseudonym that is the same for the same key, and
    /// the address keeps its network only.
    public func anonymised(key: SymmetricKey) -> AuditEvent {
        var event = self
        event.user = user.map { name in
            let code = HMAC<SHA256>.authenticationCode(for: Data(name.utf8), using: key)
            return "user-" + code.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        event.reason = nil
        event.address = address.map { address in
            let separator: Character = address.contains(":") ? ":" : "."
            let kept = address.split(separator: separator).prefix(3).joined(separator: String(separator))
            return separator == ":" ? kept + "::" : kept + ".0"
        }
        return event
    }
}
