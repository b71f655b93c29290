import FleetHTTP
import InterfaceProfile

extension OrchestratorClient {
    /// Submits a batch workflow.
    public func executeBatch(_ definition: BatchDefinition) async throws -> BatchInfo {
        try await executeBatch(definition.json(profile))
    }

    /// Submits a batch workflow: a definition as an object, or as the text of one.
    public func executeBatch(_ definition: JSONValue) async throws -> BatchInfo {
        let body: JSONValue = .object([profile.batch.workflow: definition])
        return try await batch(try await call(.post, profile.batchPaths.execute, body: body))
    }

    /// One batch.
    public func batch(_ id: String) async throws -> BatchInfo {
        try await batch(try await call(.get, filledPath(profile.batchPaths.batch, id), missing: .noObject))
    }

    /// One batch, as soon as it has changed since that revision.
    public func batch(_ id: String, since revision: Int, wait seconds: Int = 30) async throws -> BatchInfo {
        let path = filledPath(profile.batchPaths.batch, id) + "?since=\(revision)&wait=\(seconds)"
        return try await batch(try await call(.get, path, missing: .noObject))
    }

    /// Batches, the oldest first: of one state, or all.
    public func batches(status: String? = nil, limit: Int = 1000) async throws -> [BatchInfo] {
        let choice = status.map { "&status=\($0)" } ?? ""
        let answer = try await call(.get, "\(profile.batchPaths.batches)?limit=\(limit)\(choice)")
        return try answer.elements(try answer.payload()).map { try BatchInfo($0, answer) }
    }

    /// How many batches there are in each state, by the platform's spelling.
    public func batchStatistics() async throws -> [String: Int] {
        let answer = try await call(.get, profile.batchPaths.stats)
        guard case .object(let counts)? = try answer.payload()["batches"] else {
            throw answer.unexpected("there are no counts of batches")
        }
        return counts.compactMapValues(\.integer)
    }

    /// Stops what runs and undoes what is done.
    @discardableResult
    public func cancelBatch(_ id: String) async throws -> BatchInfo {
        try await batch(try await call(.post, filledPath(profile.batchPaths.cancel, id), missing: .noObject))
    }

    /// Undoes everything, or what was completed after a checkpoint.
    @discardableResult
    public func rollBackBatch(_ id: String, to checkpoint: Int? = nil) async throws -> BatchInfo {
        let body = checkpoint.map { JSONValue.object([profile.batch.checkpoint: .integer($0)]) }
        let path = filledPath(profile.batchPaths.rollback, id)
        return try await batch(try await call(.post, path, body: body, missing: .noObject))
    }

    /// Goes on with what is not completed.
    @discardableResult
    public func resumeBatch(_ id: String) async throws -> BatchInfo {
        try await batch(try await call(.post, filledPath(profile.batchPaths.resume, id), missing: .noObject))
    }

    /// The checkpoints of a batch.
    public func checkpoints(of id: String) async throws -> [CheckpointInfo] {
        let answer = try await call(.get, filledPath(profile.batchPaths.checkpoints, id), missing: .noObject)
        return try answer.elements(try answer.payload()).map { try CheckpointInfo($0, answer) }
    }

    /// Every event of a batch, from its state now to its end, which is waited for.
    public func batchEvents(_ id: String) async throws -> [PlatformEvent] {
        try await events(at: filledPath(profile.batchPaths.events, id))
    }

    /// Waits until a batch has ended, however it ended.
    ///
    /// - Throws: `AssertionFailure` when it has not ended in time.
    @discardableResult
    public func batchEnded(
        _ id: String, within limit: Duration = .seconds(90), filePath: String = #filePath, line: Int = #line
    ) async throws -> BatchInfo {
        try await eventually("batch \(id) ends", within: limit, filePath: filePath, line: line) {
            let batch = try await batch(id)
            try expect(
                batch.state.isFinal, "the batch has ended", actual: batch.states, filePath: filePath, line: line)
            return batch
        }
    }

    /// Waits until a batch has ended, and passes when all of it was done.
    ///
    /// - Throws: `AssertionFailure` that carries the batch's own errors.
    @discardableResult
    public func batchCompleted(
        _ id: String, within limit: Duration = .seconds(90), filePath: String = #filePath, line: Int = #line
    ) async throws -> BatchInfo {
        let batch = try await batchEnded(id, within: limit, filePath: filePath, line: line)
        let errors = batch.operations.compactMap { operation in operation.error.map { "\(operation.id): \($0)" } }
        try expect(
            batch.state == .completed, "the batch is completed",
            actual: "\(batch.state): \(([batch.error].compactMap(\.self) + errors).joined(separator: "; "))",
            filePath: filePath, line: line)
        return batch
    }

    /// Cancels a batch unless it has ended, and waits for its end: for clean-up.
    public func endBatch(_ id: String) async throws {
        guard try await !batch(id).state.isFinal else { return }
        do { try await cancelBatch(id) } catch let refusal as PlatformRefusal where refusal.status == 409 {}
        try await batchEnded(id)
    }

    private func batch(_ answer: Answer) async throws -> BatchInfo { try BatchInfo(try answer.payload(), answer) }
}
