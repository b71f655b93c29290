import FleetModel
import FleetSystem
import Logging

/// Carries out what the session decides for one lane: holds its environment and its workers.
actor LaneRunner: LaneExecutor {
    /// What does not change while the lane lives.
    struct Setup: Sendable {
        var lane: Int
        var layout: SessionLayout
        /// The path of our own program.
        var agent: String
        /// Where programs are looked up.
        var path: String
        var packs: PackStore
        /// How many bytes of artifacts the session may still keep.
        var artifactRoom: Locked<Int>
        var maker: any EnvironmentMaker
        var post: @Sendable (AgentSession.Event) -> Void
        var logger: Logger
        /// Bounds the memory of everything; nil for no limit.
        var memory: MemoryCap?
        /// How much tests yield to others, from 0 to 19.
        var niceness = 0
    }

    /// The environment that the lane holds.
    private enum Environment {
        case none
        case starting(Task<any EnvironmentHolder, any Error>, isWanted: Bool)
        case up(any EnvironmentHolder)
        case climbing(any EnvironmentHolder, Task<Void, any Error>)
        case goingDown
    }

    /// A worker for each slot, inside the environment's namespaces and outside of them.
    struct WorkerKey: Hashable {
        var slot: Int
        var isInside: Bool
    }

    /// An attempt that is being carried out.
    struct Active {
        var worker: WorkerProcess?
        var stopReason: String?
        var isInside: Bool
    }

    let setup: Setup
    private var environment = Environment.none
    private var environmentCount = 0
    private var workers: [WorkerKey: WorkerProcess] = [:]
    private var active: [AttemptID: Active] = [:]
    private var leftovers: [String] = []
    private let spares: SparePlaces
    private var ledger = LeakLedger()

    init(_ setup: Setup) {
        self.setup = setup
        spares = SparePlaces("\(setup.layout.spares)-\(setup.lane)")
    }

    // MARK: Environment

    func bringUp(_ request: EnvironmentRequest) {
        environmentCount += 1
        let name = "\(setup.layout.name)-\(setup.lane)-\(environmentCount)"
        let directory = "\(setup.layout.lanes)/\(setup.lane)-\(environmentCount)"
        let maker = setup.maker
        // The second task awaits the first, which `takeDown` can cancel; the second ends with the environment, and the
        // session waits for what it reports.
        let start = Task { try await maker.bringUp(request, name: name, directory: directory) }
        environment = .starting(start, isWanted: true)
        Task { await live(start) }
    }

    /// The life of one environment, from its start to its end.
    private func live(_ start: Task<any EnvironmentHolder, any Error>) async {
        do {
            let holder = try await start.value
            let state = try? await holder.look()
            guard case .starting(_, isWanted: true) = environment else { return await remove(holder) }
            ledger = LeakLedger(quiet: state)
            environment = .up(holder)
            setup.post(.environmentReady(lane: setup.lane, holder.report))
            await watch(holder)
        } catch {
            let wasWanted = if case .starting(_, isWanted: true) = environment { true } else { false }
            environment = .none
            if wasWanted { setup.post(.environmentFailed(lane: setup.lane, message: "\(error)")) }
            setup.post(.environmentDown(lane: setup.lane, leftovers: []))
        }
    }

    /// Climbs to a higher mode; an environment that cannot is taken down, and the lane brings another one up.
    func climb(_ request: EnvironmentRequest) {
        guard case .up(let holder) = environment else { return }
        guard holder.canClimb else { return takeDown() }
        // Awaited by the second task, which reports what the session waits for; `takeDown` can cancel it.
        let climb = Task { try await holder.climb(to: request.mode) }
        environment = .climbing(holder, climb)
        Task { await reportClimb(of: holder, climb) }
    }

    private func reportClimb(of holder: any EnvironmentHolder, _ climb: Task<Void, any Error>) async {
        do {
            try await climb.value
            let state = try? await holder.look()
            guard case .climbing = environment else { return }
            environment = .up(holder)
            ledger = LeakLedger(quiet: state)
            setup.post(.environmentReady(lane: setup.lane, holder.report))
        } catch {
            guard case .climbing = environment else { return }
            environment = .goingDown
            setup.post(.environmentFailed(lane: setup.lane, message: "\(error)"))
            await remove(holder)
        }
    }

    private func watch(_ holder: any EnvironmentHolder) async {
        guard let message = await holder.failure(), case .up = environment else { return }
        environment = .goingDown
        setup.post(.environmentFailed(lane: setup.lane, message: message))
        for (attempt, entry) in active where entry.isInside { cancel(attempt, reason: message) }
        _ = await Waiting.until(within: .seconds(20), every: .milliseconds(50)) {
            !active.values.contains(where: \.isInside)
        }
        await remove(holder)
    }

    func takeDown() {
        switch environment {
        // What is going down reports itself, and what failed to come up has done so.
        case .none, .goingDown: return
        case .starting(let start, _):
            environment = .starting(start, isWanted: false)
            start.cancel()
        case .climbing(let holder, let climb):
            environment = .goingDown
            climb.cancel()
            // Reports the end, which the session waits for.
            Task { await remove(holder) }
        case .up(let holder):
            environment = .goingDown
            // Reports the end, which the session waits for.
            Task { await remove(holder) }
        }
    }

    /// Hands the environment over to who keeps it after the run; nil when there is none.
    func handOver() -> (any EnvironmentHolder)? {
        guard case .up(let holder) = environment else { return nil }
        // Whoever takes it watches it from now on.
        environment = .none
        return holder
    }

    private func remove(_ holder: any EnvironmentHolder) async {
        await stop(workers.filter(\.key.isInside))
        let left = await holder.takeDown()
        environment = .none
        setup.post(.environmentDown(lane: setup.lane, leftovers: left))
    }

    // MARK: Attempts

    func start(_ order: Order, slot: Int) {
        active[order.attempt] = Active(isInside: order.environment != nil)
        // Reports the end, which the session waits for.
        Task { setup.post(.attemptEnded(order.attempt, await run(order, slot: slot))) }
    }

    private func run(_ order: Order, slot: Int) async -> AttemptResult {
        defer { active[order.attempt] = nil }
        let holder: (any EnvironmentHolder)?
        if order.environment == nil {
            holder = nil
        } else if case .up(let current) = environment {
            holder = current
            ledger.began(order.attempt, order.test.id)
        } else {
            return .notRun(.environment, "the environment was gone before the test began")
        }
        let attempt = AttemptRun(setup: setup, order: order, holder: holder, spares: spares)
        do {
            let request = try await attempt.prepare()
            if holder != nil, ledger.needsLook { ledger.saw(try? await holder?.look()) }
            let window = holder?.openLogWindow()
            let report = await perform(request, of: order, slot: slot, holder: holder, label: attempt.label)
            var result = await attempt.conclude(report, logs: window)
            result.leaks = await leaks(of: order.attempt, holder)
            let left = await attempt.remove(mayBeSpared: report.isOver)
            leftovers += left
            return result
        } catch let error as EndpointTemplate.UnknownEndpoint {
            ledger.ended(order.attempt, nil)
            let left = await attempt.remove()
            leftovers += left
            return .notRun(.test, "\(error)")
        } catch {
            ledger.ended(order.attempt, nil)
            let left = await attempt.remove()
            leftovers += left
            return .notRun(.host, "cannot prepare the attempt: \(error)")
        }
    }

    /// What an attempt left behind; nil when that cannot be said.
    private func leaks(of attempt: AttemptID, _ holder: (any EnvironmentHolder)?) async -> [String]? {
        guard let holder else { return nil }
        var now = try? await holder.look()
        // What is just going away is no leak: a daemon on its way out, a record that its server still has to remove.
        for pause in [100, 300, 600] {
            guard let seen = now, !ledger.leaks(of: attempt, in: seen).isEmpty else { break }
            // Bounded by the list; the session waits for the result.
            try? await Task.sleep(for: .milliseconds(pause))
            now = try? await holder.look()
        }
        defer { ledger.ended(attempt, now) }
        // Of one that broke meanwhile, nobody can say who did what.
        guard case .up = environment else { return nil }
        return now.map { ledger.leaks(of: attempt, in: $0) }
    }

    func cancel(_ attempt: AttemptID, reason: String) {
        active[attempt]?.stopReason = reason
        active[attempt]?.worker?.cancel(reason: reason)
    }

    private func perform(
        _ request: WorkerRequest, of order: Order, slot: Int, holder: (any EnvironmentHolder)?, label: String
    ) async -> AttemptRun.Report {
        if let reason = active[order.attempt]?.stopReason { return .worker(.cancelled(reason)) }
        let key = WorkerKey(slot: slot, isInside: holder != nil)
        let worker: WorkerProcess
        do {
            worker = try self.worker(key, namespaces: holder?.namespaces ?? .none)
        } catch {
            return .worker(.refused("\(error)"))
        }
        active[order.attempt]?.worker = worker
        // The worker keeps the time; this limit is for a worker that was stopped or hangs.
        let limit = Duration.seconds(min(request.seconds + request.graceSeconds, 1e9) + 30)
        let kills = setup.memory?.kills(of: worker.processID)
        var answer = await worker.perform(request, within: limit)
        // The kernel counts before the process is gone, and so do we.
        if let memory = setup.memory, memory.kills(of: worker.processID) != kills {
            answer?.exceededMemory = memory.text
        }
        if let answer { return .worker(answer) }
        workers[key] = nil
        await worker.stop()
        let strays = ProcessTree.processes(withVariable: AttemptRequest.variable, value: label)
        let left = await ProcessTree.end(strays, grace: .zero)
        let how = worker.status.map { "\($0)" } ?? "no answer"
        setup.post(.warning("the worker of slot \(slot) died over attempt \(order.attempt) (\(how)) and was replaced"))
        return .lost("the worker that supervised the test died (\(how))", left.map(\.description))
    }

    private func worker(_ key: WorkerKey, namespaces: NamespaceChoice) throws(SpawnError) -> WorkerProcess {
        if let worker = workers[key], worker.status == nil { return worker }
        let variables = [
            "PATH": setup.path, "LANG": "C.UTF-8", SessionLayout.variable: setup.layout.session,
        ]
        let worker = try WorkerProcess(agent: setup.agent, namespaces: namespaces, variables: variables)
        workers[key] = worker
        return worker
    }

    /// All at once: each may take its time, and there may be hundreds.
    private func stop(_ ending: [WorkerKey: WorkerProcess]) async {
        for key in ending.keys { workers[key] = nil }
        await withDiscardingTaskGroup { group in
            for worker in ending.values { group.addTask { await worker.stop() } }
        }
    }

    func shutDown() async -> [String] {
        await stop(workers)
        defer { leftovers = [] }
        return leftovers
    }
}

extension AttemptResult {
    /// An attempt that never began.
    static func notRun(_ cause: Cause, _ message: String) -> AttemptResult {
        AttemptResult(outcome: .notRun, cause: cause, seconds: 0, message: message)
    }
}

extension WorkerReport {
    /// Nothing was started, because the attempt was stopped before.
    static func cancelled(_ reason: String) -> WorkerReport {
        WorkerReport(ending: .cancelled(reason: reason), seconds: 0, output: BoundedText(), verdict: nil, leftovers: [])
    }

    /// Nothing was started, because no worker could be.
    static func refused(_ message: String) -> WorkerReport {
        WorkerReport(ending: .refused(message: message), seconds: 0, output: BoundedText(), verdict: nil, leftovers: [])
    }
}
