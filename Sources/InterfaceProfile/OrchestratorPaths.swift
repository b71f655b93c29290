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
    /// `GET`: server-sent events of one task: its state now, and each change until it has ended.
    public var taskEvents = "/tasks/{id}/events"
    /// `GET`: server-sent events of everything that runs, from now on.
    public var events = "/api/v1/events"
    /// WebSocket: the same, each event as a text. The events' `data.task_id` and `data.status` are documented, the path is not.
    public var eventSocket = "/api/v1/events/ws"
    /// `GET`: what runs, what waits for what.
    public var queue = "/api/v1/queue"

    /// `POST`: submits the creation of servers; `data` is the task's id. Documented; of its body `{"infra":…,"params":{…}}`, with
    /// `workflow_id` in the answer, what is in `params` is not. Every other submission takes both forms as well.
    public var createServers = "/workflows/servers/create"
    /// `POST`: submits the deletion of servers, with the same body; `data` is the task's id.
    public var deleteServers = "/workflows/servers/delete"
    /// `POST`: submits a change of servers (`ip_address`, `plan`); `data` is the task's id.
    public var updateServers = "/workflows/servers/update"
    /// `POST`: submits the creation of a cluster (with `operation` `delete`, its removal); `data` is the task's id. Documented
    /// by its neighbours, its body is not.
    public var createCluster = "/workflows/cluster/create"
    /// `POST` with `name`: submits the removal of a cluster with its servers; `data` is the task's id.
    public var deleteCluster = "/workflows/cluster/delete"
    /// `POST`: submits an operation on a taskserv; `data` is the task's id. Documented, its body is not.
    public var createTaskserv = "/workflows/taskserv/create"

    /// `GET`: an array of servers.
    public var servers = "/api/v1/servers"
    /// `GET`: one server; `DELETE`: submits its deletion, `data` is the task's id.
    public var server = "/api/v1/servers/{name}"
    /// `GET`: an array of the providers, with what can be ordered from them.
    public var providers = "/api/v1/providers"
    /// `GET`: an array of clusters.
    public var clusters = "/api/v1/clusters"
    /// `GET`: one cluster; `DELETE`: submits its removal, `data` is the task's id.
    public var cluster = "/api/v1/clusters/{name}"
    /// `GET`: an array of the records that the orchestrator registered. Documented, the fields are not. `POST` with a record:
    /// registers it beside those of servers and clusters (201; 409 when the name is a server's or a cluster's).
    public var dnsRecords = "/api/v1/dns/records"
    /// `DELETE`: removes the records that somebody registered under a name.
    public var dnsRecord = "/api/v1/dns/records/{name}"
    /// `GET`: an array of workspaces; `POST` with `name`, and optionally `environment` and `template`: makes one (201; 409 when
    /// it exists).
    public var workspaces = "/api/v1/workspaces"
    /// `GET`: one workspace with its entries; `DELETE`: removes it.
    public var workspace = "/api/v1/workspaces/{name}"
    /// `POST` without a body: backs the workspace up (201).
    public var workspaceBackup = "/api/v1/workspaces/{name}/backup"
    /// `GET`: an array of the workspace's backups.
    public var workspaceBackups = "/api/v1/workspaces/{name}/backups"
    /// `GET`: the archive (tar, with `MANIFEST.json`); `DELETE`: removes the backup.
    public var workspaceArchive = "/api/v1/workspaces/{name}/backups/{id}"
    /// `POST` with `backup` (and `workspace`, when that is of another one), or with an archive as
    /// `application/octet-stream`: puts what the backup holds in place of the workspace, or makes it.
    public var workspaceRestore = "/api/v1/workspaces/{name}/restore"
    /// `POST` without a body: backs up tasks, batches, servers' records, clusters, names and the list of extensions (201);
    /// `GET`: an array of those backups.
    public var platformBackups = "/api/v1/platform/backups"
    /// `GET`: the archive; `DELETE`: removes the backup.
    public var platformBackup = "/api/v1/platform/backups/{id}"
    /// `POST` with `backup`, or with an archive as `application/octet-stream`: brings back what is missing.
    public var platformRestore = "/api/v1/platform/restore"
    /// `GET`: an array of the loaded extensions, the one used last first.
    public var extensions = "/api/v1/extensions"
    /// `POST` with `type`, `name` and optionally `version` (a constraint; left out, the newest release), `source` (`auto`, `oci`,
    /// `gitea`, `local`), `path` (a directory of one unpacked extension) and `dependencies` (default true): loads one, and what it
    /// needs.
    public var loadExtension = "/api/v1/extensions/load"
    /// `POST` with the same body: says what is wrong with one, without loading it.
    public var validateExtension = "/api/v1/extensions/validate"
    /// `GET`: what the cache of archives holds and did.
    public var extensionCache = "/api/v1/extensions/cache"
    /// `GET`: one loaded extension (`?version=`, default the one in force); `DELETE`: unloads it (`?version=`, default all).
    public var loadedExtension = "/api/v1/extensions/{type}/{name}"
    /// `POST` with optionally `version` (a constraint; left out, the newest release) and `source`: loads the newest version.
    public var updateExtension = "/api/v1/extensions/{type}/{name}/update"
    /// `POST` without a body: the version that was loaded before is in force again; 409 when there is none.
    public var rollbackExtension = "/api/v1/extensions/{type}/{name}/rollback"
    /// `GET` with `user`, `action`, `outcome`, `resource_type`, `resource_id`, `workspace`, `from`, `to`, `limit` (1 to 10000,
    /// default 100), `offset`, `anonymise`: an array of audit events as ECS documents, the newest first.
    public var auditQuery = "/api/v1/audit/query"
    /// `GET` with the same and `format` (`json`, `csv`, `splunk`, `ecs`, `jsonl`): the events as text, without envelope.
    public var auditExport = "/api/v1/audit/export"
    /// `GET` with the same filters: `total`, and counts by `outcomes`, `actions` and `resource_types`.
    public var auditStats = "/api/v1/audit/stats"
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

/// The text as one segment of a path, or one value of a query.
public func percentEncoded(_ text: String) -> String {
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
