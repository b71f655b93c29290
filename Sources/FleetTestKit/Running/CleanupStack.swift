/// What has to be undone after a test, the latest first.
///
/// An actor, because bodies may register from several tasks.
actor CleanupStack {
    /// One thing to undo.
    struct Action: Sendable {
        /// What it does, for the log.
        let what: String
        /// Does it.
        let undo: @Sendable () async throws -> Void
    }

    private var actions: [Action] = []

    /// Remembers one thing to undo.
    func push(_ what: String, _ undo: @escaping @Sendable () async throws -> Void) {
        actions.append(Action(what: what, undo: undo))
    }

    /// Undoes everything, the latest first, even when some of it fails or hangs.
    ///
    /// One action may take half of the time that is left, the last one all of it, so that one that hangs does not
    /// keep the others from running.
    ///
    /// - Parameter limit: how long all of it may take.
    /// - Returns: what could not be undone, one sentence each.
    func unwind(within limit: Duration, log: TestLog) async -> [String] {
        let end = ContinuousClock.now + limit
        var leftovers: [String] = []
        while let action = actions.popLast() {
            let left = end - ContinuousClock.now
            let share = actions.isEmpty ? left : left / 2
            let outcome = await TimeLimit.run(for: max(share, .milliseconds(1)), action.undo)
            switch outcome {
            case .finished(.success):
                log.info("cleaned up", ["what": action.what])
            case .finished(.failure(let error)):
                leftovers.append("\(action.what): \(error)")
            case .late:
                leftovers.append("\(action.what): not done within \(share.secondsText) s")
            }
        }
        for leftover in leftovers { log.note(.error, "clean-up failed", ["what": leftover]) }
        return leftovers
    }
}
