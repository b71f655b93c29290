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
    /// In an operation: fail, continue or rollback (default). Planned.
    public var onFailure = "on_failure"

    /// In an answer: the batch's id.
    public var id = "batch_id"
    /// In an answer: one of the batch states, or in `operations` one of the operation states.
    public var status = "status"
    /// In an answer: an array of objects with `id`, `status`, `attempts`, `error`, `items`, `items_done` and times.
    public var operations = "operations"
    /// In an answer: the share of operations that have ended, 0 to 1.
    public var progress = "progress"
    /// In an answer: grows with every change.
    public var revision = "revision"
    /// In an answer: how many operations have been completed or have left something, in all.
    public var completions = "completions"

    /// The names of the reference platform.
    public init() {}
}
