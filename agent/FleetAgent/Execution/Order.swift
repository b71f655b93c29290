import FleetModel

/// One attempt that the coordinator ordered.
struct Order: Hashable, Sendable {
    var attempt: AttemptID
    var test: TestCase
    /// The environment that it needs; nil when it needs none.
    var environment: EnvironmentRequest?
    /// Whether that environment is one that others use as well, now: nobody made it for this lane.
    var isExternal = false
    /// The lease under which it was given.
    var epoch: Epoch

    /// Whether a second copy elsewhere would do harm: it must have stopped before the lease can end.
    var mustNotOverlap: Bool { test.mutex != nil || isExternal }
}
