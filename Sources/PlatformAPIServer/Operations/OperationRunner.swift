import InterfaceProfile
import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Carries operations out: submits each to the orchestrator once, with the rights of whoever asked for it, and follows it to
/// its end.
///
/// After a restart, what was submitted is followed further. What was being submitted when the program was killed has
/// failed: nobody knows whether the orchestrator has it, and it must not be done twice. An absence of the database or of the
/// control center ends nothing: it is waited for.
struct OperationRunner: Sendable {
    let store: OperationStore
    let orchestrator: OrchestratorClient
    let account: ServiceAccount
    let sessions: Sessions
    let seconds: Int
    let concurrency: Int
    let logger: Logger
    /// Tells what this program has begun to submit from what an earlier one had.
    private let program = UUID().uuidString
    private let ids: AsyncStream<String>
    private let queue: AsyncStream<String>.Continuation

    init(
        _ store: OperationStore, _ orchestrator: OrchestratorClient, _ account: ServiceAccount, _ sessions: Sessions,
        _ settings: APIServerSettings, logger: Logger
    ) {
        self.store = store
        self.orchestrator = orchestrator
        self.account = account
        self.sessions = sessions
        self.logger = logger
        seconds = settings.timeout
        concurrency = settings.concurrency
        (ids, queue) = AsyncStream.makeStream()
    }

    /// Takes an operation that is kept already; each once.
    func submit(_ id: String) { queue.yield(id) }

    /// Carries out what comes, so many at once, until the task is cancelled.
    func run() async {
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
        let deadline = ContinuousClock.now + .seconds(seconds)
        do {
            guard let remoteID = try await submitted(id, deadline) else { return }
            try await follow(id, remoteID, deadline)
        } catch is CancellationError {
            // The program stops; the next one follows the operation further.
        } catch {
            logger.warning("operation failed", metadata: ["id": "\(id)", "why": "\(words(of: error))"])
            do { try await patiently { try await store.end(id, .failed, error: words(of: error)) } } catch {
                logger.error("operation cannot be kept", metadata: ["id": "\(id)", "why": "\(words(of: error))"])
            }
        }
    }

    /// The orchestrator's id of an operation, which is submitted if it has not been; nil when it has ended.
    private func submitted(_ id: String, _ deadline: ContinuousClock.Instant) async throws -> String? {
        guard try await patiently({ try await store.begin(id, by: program) }) else {
            let known = try await patiently { try await store.operation(id) }
            guard known.status == .running else { return nil }
            guard let remoteID = known.remoteID else {
                throw PlatformError(
                    .failed, "the API server was stopped while it submitted this; look whether the orchestrator has it")
            }
            return remoteID
        }
        let operation = try await patiently { try await store.operation(id) }
        let remoteID = try await submit(operation, deadline)
        try await patiently { try await store.note(id, remoteID: remoteID) }
        return remoteID
    }

    private func submit(_ operation: Operation, _ deadline: ContinuousClock.Instant) async throws -> String {
        let caller = CallerSession(id: operation.session ?? "", sessions: sessions)
        let answer: JSONValue
        do {
            answer = try await patiently(until: deadline) {
                try await orchestrator.call(
                    operation.call.method, operation.call.path, operation.call.body, as: caller)
            }
        } catch let error as PlatformError where error.kind == .unauthorised {
            throw PlatformError(
                .failed, "\(operation.owner) was no longer logged in when this was to begin (\(error.message))")
        }
        guard let remoteID = answer.text ?? answer["batch_id"].text ?? answer["id"].text else {
            throw PlatformError(.failed, "the orchestrator's answer has no id")
        }
        return remoteID
    }

    private func follow(_ id: String, _ remoteID: String, _ deadline: ContinuousClock.Instant) async throws {
        var hasPassedOn = false
        repeat {
            let operation = try await patiently { try await store.operation(id) }
            let place = operation.call.kind.path(remoteID)
            if let session = operation.cancelledBy, !hasPassedOn {
                hasPassedOn = true
                _ = try? await orchestrator.call(
                    "POST", place + "/cancel", as: CallerSession(id: session, sessions: sessions))
            }
            // A short absence of the orchestrator is no end of the operation.
            if let state = try? await orchestrator.call("GET", place, as: account), try await end(id, state) { return }
            // Ends at once when the program stops.
            try await Task.sleep(for: .milliseconds(200))
        } while ContinuousClock.now < deadline
        throw PlatformError(.failed, "it did not end within \(seconds) s")
    }

    /// Takes over what the orchestrator says; true when that is the end.
    private func end(_ id: String, _ state: JSONValue) async throws -> Bool {
        func end(_ status: OperationStatus, error: String? = nil) async throws {
            try await patiently { try await store.end(id, status, result: state, error: error) }
        }
        switch (state["status"].text ?? "").lowercased() {
        case "completed": try await end(.completed)
        case "failed", "rolledback", "partiallycompleted":
            try await end(.failed, error: state["error"].text ?? state["status"].text ?? "it failed")
        case "cancelled": try await end(.cancelled)
        default: return false
        }
        return true
    }

    /// Does something again as long as what it needs does not answer, at most until a deadline.
    private func patiently<Result: Sendable>(
        until deadline: ContinuousClock.Instant? = nil, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        while true {
            do { return try await body() } catch let error as PlatformError
                where error.kind == .unavailable
            {
                if let deadline, deadline <= .now { throw error }
                logger.warning("an operation waits", metadata: ["why": "\(error.message)"])
            }
            // Nobody tells when the database is back. Ends at once when the program stops.
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}
