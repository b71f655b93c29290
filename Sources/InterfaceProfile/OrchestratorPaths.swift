/// The paths of the orchestrator, relative to its base URL; `{id}`, `{name}` and `{type}` stand for one path segment.
public struct OrchestratorPaths: Sendable, Codable, Hashable {
    /// `GET`: 200 with `{"success":true,"data":"Orchestrator is healthy"}`. Documented.
    public var health = "/health"
    /// `GET`: 200 when DNS, registry and store can be used, else 503 with what cannot.
    public var ready = "/ready"
    /// `GET`: Prometheus text. Documented.
    public var metrics = "/metrics"

    /// `GET` with `status`, `limit` (1 to 1000, default 50) and `offset`: an array of tasks, the oldest first. Documented, but
    /// for the order.
    public var tasks = "/tasks"
    /// `GET`: one task. Documented.
    public var task = "/tasks/{id}"
    /// `POST` without a body: cancels a task; 409 when it has ended.
    public var cancelTask = "/tasks/{id}/cancel"

    /// `POST`: submits the creation of servers; `data` is the task's id. Documented, its body is not.
    public var createServers = "/workflows/servers/create"
    /// `POST`: submits the deletion of servers, with the same body; `data` is the task's id.
    public var deleteServers = "/workflows/servers/delete"
    /// `POST`: submits an operation on a taskserv; `data` is the task's id. Documented, its body is not.
    public var createTaskserv = "/workflows/taskserv/create"

    /// `GET`: an array of servers.
    public var servers = "/api/v1/servers"
    /// `GET`: one server; `DELETE`: submits its deletion, `data` is the task's id.
    public var server = "/api/v1/servers/{name}"
    /// `GET`: an array of the records that the orchestrator registered. Documented, the fields are not.
    public var dnsRecords = "/api/v1/dns/records"
    /// `GET`: an array of workspaces; `POST` with `name`: makes one (201; 409 when it exists).
    public var workspaces = "/api/v1/workspaces"
    /// `GET`: one workspace with its entries; `DELETE`: removes it.
    public var workspace = "/api/v1/workspaces/{name}"
    /// `GET`: an array of the loaded extensions, the one used last first.
    public var extensions = "/api/v1/extensions"
    /// `POST` with `type`, `name` and optionally `version`: loads one from the OCI registry, or from the cache.
    public var loadExtension = "/api/v1/extensions/load"
    /// `GET`: one loaded extension (`?version=`, default the newest loaded); `DELETE`: unloads it.
    public var loadedExtension = "/api/v1/extensions/{type}/{name}"
    /// `GET` with `user`, `action`, `outcome`, `resource_type`, `resource_id`, `workspace`, `from`, `to`, `limit` (1 to 10000,
    /// default 100), `offset`, `anonymise`: an array of audit events as ECS documents, the newest first.
    public var auditQuery = "/api/v1/audit/query"
    /// `GET` with the same and `format` (`json`, `csv`, `splunk`, `ecs`, `jsonl`): the events as text, without envelope.
    public var auditExport = "/api/v1/audit/export"
    /// `GET`: who the caller is and what he may do. In solo mode: the one administrator, without any login.
    public var identity = "/api/v1/whoami"
    /// `POST`: the control center's login (documented there). A solo orchestrator answers 404.
    public var login = "/auth/login"

    /// The paths of the reference platform.
    public init() {}
}

/// Fills the placeholder of a path: `path("/tasks/{id}", id)`.
///
/// Each `{…}` takes the next value, from left to right; characters outside `A-Z a-z 0-9 - . _ ~` are percent-encoded.
public func filledPath(_ template: String, _ values: String...) -> String {
    var rest = values[...]
    return template.split(separator: "/", omittingEmptySubsequences: false).map { segment in
        guard segment.hasPrefix("{"), segment.hasSuffix("}"), let value = rest.popFirst() else {
            return String(segment)
        }
        return percentEncoded(value)
    }.joined(separator: "/")
}

private func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.append(Character(Unicode.Scalar(byte)))
        default: result += ["%", digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}
