/// The names of members of batch workflows.
///
/// A definition has `name`, `version`, `storage_backend`, `parallel_limit`, `rollback_enabled` and `operations` (documented), and
/// from the platform's plan `type` (batch, sequential, parallel), `dependencies` (`{source, target, type}`: the target waits for
/// the source), `rollback` (`enabled`, `on_partial_failure`, `checkpoint_interval`, `preserve_successful`) and `retry`
/// (`max_attempts`, `backoff`, `initial_delay`, `max_delay`). Both of the spellings that differ are read.
public struct BatchFields: Sendable, Codable, Hashable {
    /// In the request: the definition.
    public var workflow = "workflow"
    /// In an operation: ids that it depends on, or objects with `id` and `type` (hard, soft, optional). Documented.
    public var dependencies = "dependencies"
    /// The same in the platform's plan.
    public var dependsOn = "depends_on"
    /// In an operation: `server_batch` and the like (documented), or create, update, delete, check (planned).
    public var type = "type"
    /// In an operation: server, taskserv or cluster. Planned.
    public var target = "target"
    /// In an operation: names, or objects with members of a workflow's submission. Planned.
    public var items = "items"
    /// In an operation: whether its items are done side by side (the default) or in their order. Planned.
    public var parallel = "parallel"
    /// In an operation: fail, continue or rollback (default). Planned.
    public var onFailure = "on_failure"

    /// In the definition: its name. Documented.
    public var name = "name"
    /// In the definition: how many operations run at once. Documented.
    public var parallelLimit = "parallel_limit"
    /// In the definition: object of what happens after a failure. Planned.
    public var rollback = "rollback"
    /// There: a checkpoint is made after so many completed operations. Planned.
    public var checkpointInterval = "checkpoint_interval"
    /// There: whether what the other items of a failed operation made is undone. Planned.
    public var onPartialFailure = "on_partial_failure"
    /// In the definition or an operation: object of how a failed attempt is repeated. Planned.
    public var retry = "retry"
    /// There: attempts in all. Planned.
    public var maximumAttempts = "max_attempts"
    /// There: seconds before the second attempt. Planned.
    public var initialDelay = "initial_delay"
    /// In an operation, and in its answer: its id. Documented.
    public var operationID = "id"
    /// In an operation: what it does to a target: makes it, as shipped definitions say it. Documented.
    public var serverBatch = "server_batch"
    /// The same for taskservs.
    public var taskservBatch = "taskserv_batch"
    /// The same for clusters.
    public var clusterBatch = "cluster_batch"
    /// In a request for a rollback, and in a checkpoint: its number.
    public var checkpoint = "checkpoint"
    /// In a checkpoint: array of operations that were completed.
    public var completed = "completed"

    /// In an answer: the batch's id.
    public var id = "batch_id"
    /// In an answer: one of the batch states, or in `operations` one of the operation states.
    public var status = "status"
    /// In an answer: an array of objects with `id`, `status`, `attempts`, `error`, `items`, `items_done` and times.
    public var operations = "operations"
    /// In an answer, of an operation: how often it was started.
    public var attempts = "attempts"
    /// In an answer, of an operation or the batch: why it failed.
    public var error = "error"
    /// In an answer: the share of operations that have ended, 0 to 1.
    public var progress = "progress"
    /// In an answer: grows with every change.
    public var revision = "revision"
    /// In an answer, and in a checkpoint: when it was made, RFC 3339.
    public var createdAt = "created_at"
    /// In an answer: how many operations have been completed or have left something, in all.
    public var completions = "completions"

    /// The names of the reference platform.
    public init() {}
}
