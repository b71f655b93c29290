/// How states, operations and roles are spelled; readers compare states without regard to case.
public struct Spellings: Sendable, Codable, Hashable {
    /// Body of the health answer's `data`. Documented.
    public var healthy = "Orchestrator is healthy"

    /// A task that waits. Documented.
    public var taskPending = "Pending"
    /// A task that runs. Documented.
    public var taskRunning = "Running"
    /// A task that ended well. Documented.
    public var taskCompleted = "Completed"
    /// A task that ended badly. Documented.
    public var taskFailed = "Failed"
    /// A task that somebody cancelled. Documented.
    public var taskCancelled = "Cancelled"

    /// The name of the task that makes servers. Documented.
    public var serverTask = "create_servers"
    /// The name of the task that installs a taskserv.
    public var taskservTask = "create_taskserv"
    /// The name of the task that makes a cluster.
    public var clusterTask = "create_cluster"

    /// Name and `type` of the event that a task has changed its state.
    public var taskEvent = "task_status"
    /// Name and `type` of the event that something in a batch has changed.
    public var batchEvent = "batch_status"

    /// A batch, or an operation of one, whose work was undone. Proposed.
    public var batchRolledBack = "RolledBack"
    /// A batch of which some operations are completed and some never will be. Proposed.
    public var batchPartiallyCompleted = "PartiallyCompleted"
    /// An operation that needed one that was not completed.
    public var operationSkipped = "Skipped"

    /// A server that is being made.
    public var serverCreating = "creating"
    /// A server that answers over SSH. Documented for the API server.
    public var serverRunning = "running"
    /// A server whose SSH server is not running.
    public var serverStopped = "stopped"

    /// A taskserv whose last check went well.
    public var taskservRunning = "running"
    /// A taskserv whose last check did not go well, or that has not been checked since a restart.
    public var taskservStopped = "stopped"

    /// Installs a taskserv.
    public var operationCreate = "create"
    /// Runs a taskserv's `check`.
    public var operationCheck = "check"
    /// Runs a taskserv's `remove` and forgets it.
    public var operationDelete = "delete"

    /// Providers beside the local one, as they are documented; without an account of the vendor they may be simulated.
    public var simulatedProviders = ["aws", "upcloud"]
    /// The provider that makes servers on the orchestrator's own host. Documented.
    public var localProvider = "local"

    /// The role that may do everything.
    public var administrator = "admin"
    /// Permissions the one user of solo mode has at least, as `resource_action`; the form is documented.
    public var administratorPermissions = [
        "server_create", "server_read", "server_delete", "taskserv_create", "taskserv_read", "taskserv_delete",
        "workflow_create", "workflow_read", "workflow_delete", "workspace_create", "workspace_read",
        "workspace_delete", "extension_create", "extension_read", "extension_delete", "dns_read",
    ]

    /// The spellings of the reference platform.
    public init() {}
}
