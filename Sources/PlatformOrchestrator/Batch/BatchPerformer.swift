import FleetSystem
import PlatformExtensions
import PlatformService

/// Does and undoes the operations of batches. It never throws: an error is an outcome.
struct BatchPerformer: Sendable {
    let runner: WorkRunner
    let registry: ServerRegistry
    let clusters: ClusterRegistry

    /// Items of one operation that are done at once.
    private static let width = 8

    /// How each item can be undone, as long as the world is what it was.
    func plan(_ operation: BatchOperation) async -> [OperationRecord.Undoing] {
        var plan: [OperationRecord.Undoing] = []
        for item in operation.items { plan.append(await undoing(item.work)) }
        return plan
    }

    /// One attempt. What fails is undone before this returns, as far as the policy wants it.
    func perform(_ operation: BatchOperation, of batch: BatchRecord) async -> OperationOutcome {
        let results = await attempts(operation, of: batch)
        let done = results.filter(\.isCompleted)
        let output = results.map { "\(operation.items[$0.index].name):\n\($0.outcome.output)" }.joined()
        var outcome = OperationOutcome(end: .completed, itemsDone: done.count, output: String(output.prefix(65_536)))
        guard done.count < operation.items.count else { return outcome }
        let reasons = results.compactMap { result in
            result.outcome.reason.map { "\(operation.items[result.index].name): \($0)" }
        }
        outcome.end = reasons.isEmpty ? .stopped : .failed(reason: reasons.joined(separator: "; "))
        if !reasons.isEmpty, !batch.definition.rollback.onPartialFailure {
            outcome.residue = done.isEmpty ? .nothing : .kept
        } else {
            let failure = await undo(operation, of: batch)
            outcome.residue = failure == nil ? .nothing : .dirty
            if failure == nil { outcome.itemsDone = 0 }
        }
        return outcome
    }

    /// Undoes every item, the last one first; also in a cancelled task. Returns why that was not possible.
    func undo(_ operation: BatchOperation, of batch: BatchRecord) async -> String? {
        let plan = batch.operations.first { $0.id == operation.id }?.undoing ?? []
        // A task of its own, so that a cancellation that led here does not stop the undoing; awaited at once.
        return await Task {
            var failures: [String] = []
            for (index, undoing) in plan.enumerated().reversed() {
                if let failure = await undo(undoing, as: batch.tag(operation.id, index)) {
                    failures.append("\(operation.items[index].name): \(failure)")
                }
            }
            return failures.isEmpty ? nil : failures.joined(separator: "; ")
        }.value
    }
}

extension BatchPerformer {
    private struct ItemResult: Sendable {
        let index: Int
        let outcome: AttemptOutcome

        var isCompleted: Bool { if case .completed = outcome { true } else { false } }

        /// The same when it was stopped because the operation's time was over.
        func late(_ limit: Double) -> ItemResult {
            guard case .stopped(let output) = outcome else { return self }
            return ItemResult(
                index: index, outcome: .failed(reason: "it took longer than \(limit) s", output: output))
        }
    }

    private enum Ending: Sendable {
        case item(ItemResult)
        case timeIsOver
        case timerIsCancelled
    }

    /// Items side by side or one after the other. The first failure stops the others, unless what they make may stay.
    private func attempts(_ operation: BatchOperation, of batch: BatchRecord) async -> [ItemResult] {
        let width = operation.isParallel ? Self.width : 1
        let goesOn = !batch.definition.rollback.onPartialFailure
        return await withTaskGroup(of: Ending.self) { tasks in
            tasks.addTask {
                // Ends with the items, or with the operation's time.
                do { try await Task.sleep(for: .seconds(operation.timeout)) } catch { return .timerIsCancelled }
                return .timeIsOver
            }
            var begun = 0
            func beginNext() {
                guard begun < operation.items.count else { return }
                let index = begun
                begun += 1
                let tag = batch.tag(operation.id, index)
                tasks.addTask {
                    .item(ItemResult(index: index, outcome: await runner.perform(operation.items[index].work, as: tag)))
                }
            }
            for _ in 0..<width { beginNext() }
            var results: [ItemResult] = []
            var isLate = false
            while results.count < begun, let ending = await tasks.next() {
                switch ending {
                case .timerIsCancelled: continue
                case .timeIsOver: isLate = true
                case .item(let result):
                    results.append(result)
                    if result.isCompleted || goesOn, !Task.isCancelled, !isLate {
                        beginNext()
                        continue
                    }
                }
                tasks.cancelAll()
            }
            tasks.cancelAll()
            return results.sorted { $0.index < $1.index }.map { isLate ? $0.late(operation.timeout) : $0 }
        }
    }

    private func undoing(_ work: Work) async -> OperationRecord.Undoing {
        switch work {
        case .createServers(let order): return order.checkMode ? .nothing : .work([.deleteServers(order)])
        case .createCluster(let order):
            return order.nodes.checkMode
                ? .nothing : .work([.deleteCluster(ClusterDeletion(name: order.name, checkMode: false))])
        case .updateServers(let order): return order.checkMode ? .nothing : .work(await formerStates(order))
        case .deleteServers(let order):
            return order.checkMode ? .nothing : .impossible(reason: "a server that was removed does not come back")
        case .deleteCluster(let order):
            return order.checkMode ? .nothing : .impossible(reason: "a cluster that was removed does not come back")
        case .checkServers: return .nothing
        case .taskserv(let order): return order.checkMode ? .nothing : .work(await formerStates(order))
        }
    }

    private func formerStates(_ order: ServerUpdateOrder) async -> [Work] {
        var works: [Work] = []
        for hostname in order.servers {
            guard let server = await registry.server(hostname) else { continue }
            var former = order
            former.servers = [hostname]
            former.address = order.address == nil ? nil : server.address.map { .certain($0) }
            former.plan = order.plan == nil ? nil : server.plan
            works.append(.updateServers(former))
        }
        return works
    }

    private func formerStates(_ order: TaskservOrder) async -> [Work] {
        var works: [Work] = []
        for hostname in order.servers where order.operation != .check {
            var former = order
            former.servers = [hostname]
            let installed = await registry.server(hostname)?.taskservs.first { $0.name == order.taskserv.id.name }
            if let installed {
                // What was there before comes back, in its version.
                guard let version = SemanticVersion(installed.version) else { continue }
                former.taskserv = ExtensionReference(order.taskserv.id, .exactly(version))
                former.operation = .create
            } else {
                former.operation = .delete
            }
            works.append(.taskserv(former))
        }
        return works
    }

    private func undo(_ undoing: OperationRecord.Undoing, as tag: TaskID) async -> String? {
        switch undoing {
        case .nothing: return nil
        case .impossible(let reason): return reason
        case .work(let works):
            for work in works {
                guard let due = await stillDue(work, as: tag) else { continue }
                if let reason = await runner.perform(due, as: tag).reason { return reason }
            }
            return nil
        }
    }

    /// What of an undoing is still to be done: nobody else's things are touched, and what is gone is gone.
    private func stillDue(_ work: Work, as tag: TaskID) async -> Work? {
        switch work {
        case .deleteServers(var order):
            var own: [String] = []
            for hostname in order.servers where await registry.server(hostname)?.createdBy == tag {
                own.append(hostname)
            }
            order.servers = own
            return own.isEmpty ? nil : .deleteServers(order)
        case .deleteCluster(let order):
            return await clusters.cluster(order.name)?.createdBy == tag ? work : nil
        case .taskserv(let order):
            let server = await registry.server(order.servers[0])
            let installed = server?.taskservs.first { $0.name == order.taskserv.id.name }
            if order.operation == .delete { return installed == nil ? nil : work }
            let isBack = installed.flatMap { SemanticVersion($0.version) } == order.taskserv.constraint.exactVersion
            return server == nil || isBack && installed?.status == .running ? nil : work
        case .updateServers(let order): return await registry.server(order.servers[0]) == nil ? nil : work
        case .createServers, .checkServers, .createCluster: return work
        }
    }
}

extension AttemptOutcome {
    /// Why it failed; nil when it did not.
    var reason: String? { if case .failed(let reason, _) = self { reason } else { nil } }

    /// What it printed.
    var output: String {
        switch self {
        case .completed(let output), .failed(_, let output), .stopped(let output): output
        }
    }
}
