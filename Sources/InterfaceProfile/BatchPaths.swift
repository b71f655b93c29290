/// The paths of batch workflows, relative to the orchestrator's base URL. The prefix is documented, the rest is proposed.
public struct BatchPaths: Sendable, Codable, Hashable {
    /// `POST` with `{"workflow":{…}}`, the definition as an object or as a JSON text: the new batch.
    public var execute = "/workflows/batch/execute"
    /// `GET` with `status`, `limit` and `offset`: an array of batches, the oldest first.
    public var batches = "/workflows/batch/operations"
    /// `GET`: one batch. With `since=REVISION` the answer comes when it has changed since, at the latest after `wait` seconds
    /// (at most 60, default 30).
    public var batch = "/workflows/batch/operations/{id}"
    /// `GET`: server-sent events of a batch, until it has ended.
    public var events = "/workflows/batch/operations/{id}/events"
    /// `POST` without a body: stops what runs, undoes what is done.
    public var cancel = "/workflows/batch/operations/{id}/cancel"
    /// `POST`: undoes everything, or with `{"checkpoint":N}` what was completed after that checkpoint.
    public var rollback = "/workflows/batch/operations/{id}/rollback"
    /// `POST` without a body: goes on with what is not completed.
    public var resume = "/workflows/batch/operations/{id}/resume"
    /// `GET`: an array of the checkpoints of a batch.
    public var checkpoints = "/workflows/batch/operations/{id}/checkpoints"
    /// `GET`: how many batches and operations there are in each state.
    public var stats = "/workflows/batch/stats"

    /// The paths of the reference platform.
    public init() {}
}
