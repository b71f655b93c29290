import InterfaceProfile
import Logging
import PlatformService

/// Carries operations out: submits each to the orchestrator once, follows it to its end, passes a cancellation on.
///
/// After a restart, what was submitted is followed further. What was being submitted when the program was killed has
/// failed: nobody knows whether the orchestrator has it, and it must not be done twice.
struct OperationRunner: Sendable {
    let store: OperationStore
    let orchestrator: OrchestratorClient
    let seconds: Int
    let concurrency: Int
    let logger: Logger
    private let ids: AsyncStream<String>
    private let queue: AsyncStream<String>.Continuation

    init(_ store: OperationStore, _ orchestrator: OrchestratorClient, _ settings: APIServerSettings, logger: Logger) {
        self.store = store
        self.orchestrator = orchestrator
        self.logger = logger
        seconds = settings.timeout
        concurrency = settings.concurrency
        (ids, queue) = AsyncStream.makeStream()
    }

    /// Takes an operation that is kept already.
    func submit(_ id: String) { queue.yield(id) }

    /// Carries out what is open and what comes, so many at once, until the task is cancelled.
    func run() async throws {
        for id in try await store.open() { queue.yield(id) }
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await id in ids {
                if running >= concurrency {
                    await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { await carryOut(id) }
            }
            group.cancelAll()
        }
    }

    private func carryOut(_ id: String) async {
        do {
            guard let remoteID = try await submitted(id) else { return }
            try await follow(id, remoteID)
        } catch is CancellationError {
            // The program stops; the next one follows the operation further.
        } catch {
            logger.warning("operation failed", metadata: ["id": "\(id)", "why": "\(words(of: error))"])
            do { try await store.end(id, .failed, error: words(of: error)) } catch {
                logger.error("operation cannot be kept", metadata: ["id": "\(id)", "why": "\(words(of: error))"])
            }
        }
    }

    /// The orchestrator's id of an operation, which is submitted if it has not been; nil when it has ended.
    private func submitted(_ id: String) async throws -> String? {
        guard try await store.begin(id) else {
            let known = try await store.operation(id)
            guard known.status == .running else { return nil }
            guard let remoteID = known.remoteID else {
                throw PlatformError(
                    .failed, "the API server was stopped while it submitted this; look whether the orchestrator has it")
            }
            return remoteID
        }
        let call = try await store.operation(id).call
        let answer = try await orchestrator.call(call.method, call.path, call.body)
        guard let remoteID = answer.text ?? answer["batch_id"].text ?? answer["id"].text else {
            throw PlatformError(.failed, "the orchestrator's answer has no id")
        }
        try await store.note(id, remoteID: remoteID)
        return remoteID
    }

    private func follow(_ id: String, _ remoteID: String) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var hasPassedOn = false
        while clock.now < deadline {
            let operation = try await store.operation(id)
            if operation.isCancelling, !hasPassedOn {
                hasPassedOn = true
                _ = try? await orchestrator.call("POST", Self.path(operation.call.kind, remoteID) + "/cancel")
            }
            // A short absence of the orchestrator is no end of the operation.
            if let state = try? await orchestrator.call("GET", Self.path(operation.call.kind, remoteID)),
                try await end(id, state)
            {
                return
            }
            // Ends at once when the program stops.
            try await Task.sleep(for: .milliseconds(200))
        }
        throw PlatformError(.failed, "it did not end within \(seconds) s")
    }

    private static func path(_ kind: OrchestratorCall.Kind, _ id: String) -> String {
        switch kind {
        case .task: filledPath(InterfaceProfile.standard.paths.task, id)
        case .batch: filledPath(InterfaceProfile.standard.apiServer.orchestratorBatch, id)
        }
    }

    /// Takes over what the orchestrator says; true when that is the end.
    private func end(_ id: String, _ state: JSONValue) async throws -> Bool {
        switch (state["status"].text ?? "").lowercased() {
        case "completed": try await store.end(id, .completed, result: state)
        case "failed", "rolledback", "partiallycompleted":
            try await store.end(
                id, .failed, result: state, error: state["error"].text ?? state["status"].text ?? "it failed")
        case "cancelled": try await store.end(id, .cancelled, result: state)
        default: return false
        }
        return true
    }
}
