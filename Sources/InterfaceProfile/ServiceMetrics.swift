/// Names on the control center's metrics page; none is documented.
public struct ControlCenterMetrics: Sendable, Codable, Hashable {
    /// Gauge: users.
    public var users = "provisioning_control_center_users"
    /// Gauge: service accounts.
    public var serviceAccounts = "provisioning_control_center_service_accounts"
    /// Gauge: sessions that go on.
    public var sessions = "provisioning_control_center_sessions"
    /// Counter with labels `method` and `status`: requests answered.
    public var requests = "provisioning_control_center_http_requests_total"
    /// Gauge: seconds since the start.
    public var uptime = "provisioning_control_center_uptime_seconds"

    /// The names of the reference platform.
    public init() {}
}

/// What a process says of itself on its metrics page, as Prometheus' own client libraries name it.
public struct ProcessMetrics: Sendable, Codable, Hashable {
    /// Counter: seconds of processor time.
    public var processorSeconds = "process_cpu_seconds_total"
    /// Gauge: bytes of resident memory.
    public var memory = "process_resident_memory_bytes"
    /// Gauge: file descriptors that are open.
    public var descriptors = "process_open_fds"

    /// The names of those libraries.
    public init() {}
}
