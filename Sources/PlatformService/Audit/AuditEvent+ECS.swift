/// The shape of the document: nested objects with ECS names; `resource` and `workspace` are ours.
extension AuditEvent {
    private struct Document: Codable {
        struct Event: Codable {
            let id: String
            let kind: String
            let action: String
            let outcome: String
            let reason: String?
        }
        struct User: Codable {
            let name: String?
            let roles: [String]
        }
        struct Source: Codable { let ip: String? }
        struct Resource: Codable {
            let type: ResourceKind
            let id: String?
        }
        struct Method: Codable { let method: String? }
        struct Status: Codable {
            let code: Int
            enum CodingKeys: String, CodingKey { case code = "status_code" }
        }
        struct HTTP: Codable {
            let request: Method
            let response: Status
        }
        struct Name: Codable { let name: String? }
        struct Path: Codable { let path: String? }

        let timestamp: Timestamp
        let event: Event
        let user: User
        let source: Source
        let resource: Resource
        let workspace: String?
        let http: HTTP
        let url: Path
        let rule: Name
        let service: Name

        enum CodingKeys: String, CodingKey {
            case event, user, source, resource, workspace, http, url, rule, service
            case timestamp = "@timestamp"
        }
    }

    /// Writes the document.
    public func encode(to encoder: any Encoder) throws {
        try Document(
            timestamp: timestamp,
            event: .init(id: id, kind: "event", action: action, outcome: outcome, reason: reason),
            user: .init(name: user, roles: roles), source: .init(ip: address),
            resource: .init(type: kind, id: resource),
            workspace: workspace, http: .init(request: .init(method: method), response: .init(code: status)),
            url: .init(path: path), rule: .init(name: rule), service: .init(name: service)
        ).encode(to: encoder)
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
        let document = try Document(from: decoder)
        id = document.event.id
        timestamp = document.timestamp
        action = document.event.action
        reason = document.event.reason
        kind = document.resource.type
        resource = document.resource.id
        workspace = document.workspace
        user = document.user.name
        roles = document.user.roles
        address = document.source.ip
        method = document.http.request.method
        status = document.http.response.code
        path = document.url.path
        rule = document.rule.name
        service = document.service.name ?? ""
    }
}
