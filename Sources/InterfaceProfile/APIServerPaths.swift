/// The paths of the API server, relative to its base URL. Answers are bare, errors
/// `{"error":"CODE","message":"…","code":"400"}`, and states lower case: all that is documented.
public struct APIServerPaths: Sendable, Codable, Hashable {
    /// `GET`: 200 when it runs.
    public var health = "/health"
    /// `GET`: 200 when database, orchestrator and control center can be used, else 503 with what cannot.
    public var ready = "/ready"
    /// `GET`: Prometheus text.
    public var metrics = "/metrics"
    /// `POST` with `username` and `password` (`mfa_code` where needed): `token`, `refresh_token`, `expires_in`. Documented.
    public var login = "/v1/auth/login"
    /// `POST` with `refresh_token`: a new pair. Documented.
    public var refresh = "/v1/auth/refresh"
    /// `POST`: ends the session, here and at the control center.
    public var logout = "/v1/auth/logout"
    /// `GET`: `username`, `roles`, `permissions`.
    public var identity = "/v1/auth/me"
    /// `GET`: an array of servers. Documented.
    public var servers = "/v1/servers"
    /// `POST` with `workspace`, `provider`, `plan`, `hostname`, `zone`, `check_mode`, `tags`: an operation. Documented.
    /// Takes what else the orchestrator takes of a server, such as `environment` and `approval_id`.
    public var createServer = "/v1/servers/create"
    /// `GET`: one server, by id or host name; `DELETE` (`approval_id`, `force`): an operation.
    public var server = "/v1/servers/{id}"
    /// `GET`: an array of the taskservs of all servers.
    public var taskservs = "/v1/taskservs"
    /// `POST` with `taskserv` and `servers`: an operation.
    public var createTaskserv = "/v1/taskservs/create"
    /// `POST`: an operation; the body goes to the orchestrator.
    public var createCluster = "/v1/clusters/create"
    /// `POST` with `workflow`: an operation; the batch goes to the orchestrator.
    public var submitWorkflow = "/v1/workflows/submit"
    /// `GET`: an array of the operations that are workflows.
    public var workflows = "/v1/workflows"
    /// `GET`: one of them.
    public var workflow = "/v1/workflows/{id}"
    /// `GET`: an array of operations, the newest first (`status`, `limit`, `offset`).
    public var operations = "/v1/operations"
    /// `GET`: one operation.
    public var operation = "/v1/operations/{id}"
    /// `POST`: cancels an operation; 409 when it has ended.
    public var cancelOperation = "/v1/operations/{id}/cancel"
    /// Where the orchestrator takes a batch.
    public var orchestratorExecuteBatch = "/workflows/batch/execute"
    /// Where the orchestrator says how far a batch is; with `/cancel` it ends it.
    public var orchestratorBatch = "/workflows/batch/operations/{id}"
    /// Where the orchestrator takes a cluster.
    public var orchestratorCreateCluster = "/workflows/cluster/create"
    /// `GET`: the audit events of the API server; see the orchestrator's.
    public var auditQuery = "/v1/audit/query"
    /// `GET` with `format`: the same as text.
    public var auditExport = "/v1/audit/export"

    /// The paths of the reference platform.
    public init() {}
}

/// Names on the API server's metrics page; none is documented.
public struct APIServerMetrics: Sendable, Codable, Hashable {
    /// Gauge with label `status`: operations in each state.
    public var operations = "provisioning_api_server_operations"
    /// Counter with labels `method` and `status`: requests answered.
    public var requests = "provisioning_api_server_http_requests_total"
    /// Gauge: seconds since the start.
    public var uptime = "provisioning_api_server_uptime_seconds"

    /// The names of the reference platform.
    public init() {}
}
