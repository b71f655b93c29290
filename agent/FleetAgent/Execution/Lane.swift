import FleetModel

/// One lane: which of its orders may run now, and which environment it should hold. Pure.
///
/// Orders run in the order in which they came. An order that needs another environment than the lane holds waits until
/// nothing uses the old one any more; orders that can run as things are may pass it. An exclusive order runs alone in
/// its lane, and a heavy one occupies several workers; nothing overtakes either of them, so that neither starves.
struct Lane {
    /// What a lane wants done.
    enum Step: Hashable {
        case run(Order, slot: Int)
        case refuse(Order, message: String)
        case bringUp(EnvironmentRequest)
        /// Add to the environment what a higher mode has.
        case climb(EnvironmentRequest)
        case takeDown
    }

    /// The environment that the lane holds.
    enum Environment: Hashable {
        case none
        case starting(EnvironmentRequest, since: Duration)
        case ready(EnvironmentRequest, since: Duration)
        /// It failed, and its remains are being removed.
        case failing(EnvironmentRequest, message: String)
        /// It failed, and nothing of it is left.
        case failed(EnvironmentRequest, message: String)
        case stopping
    }

    /// A test that may be started.
    struct Candidate {
        var test: TestCase
        var environment: EnvironmentRequest?
    }

    /// An order that is being carried out.
    struct Running {
        var order: Order
        var slots: [Int]
        /// Why its environment failed under it.
        var environmentFailure: String?
    }

    let number: Int
    let slots: Int
    /// How many of its slots the lane may use; others on the host may have the rest.
    private(set) var granted: Int
    private(set) var environment = Environment.none
    private var offered: EnvironmentRequest?
    private var candidates: [TestID: Candidate] = [:]
    private var waiting: [Order] = []
    private var running: [AttemptID: Running] = [:]
    /// How many more orders may start while the coordinator is silent; nil while it is there.
    private var allowance: Int?
    private var isClosed = false
    /// Whether a ready environment stays when the lane empties itself.
    private var keepsEnvironment = false
    /// Whether a test has left something behind in the environment.
    private var isSoiled = false

    init(number: Int, slots: Int) {
        self.number = number
        self.slots = max(1, slots)
        self.granted = self.slots
    }

    var candidateCount: Int { candidates.count }
    var waitingCount: Int { waiting.count }
    /// What is being carried out, by number.
    var runningEntries: [Running] { running.values.sorted { $0.order.attempt < $1.order.attempt } }
    /// All orders that have not ended, the running ones first.
    var orders: [Order] { runningEntries.map(\.order) + waiting }
    /// Whether nothing runs, waits or stands.
    var isEmpty: Bool {
        guard running.isEmpty, waiting.isEmpty else { return false }
        switch environment {
        case .none, .failed: return true
        case .ready: return keepsEnvironment
        case .starting, .failing, .stopping: return false
        }
    }

    /// Whether it holds an environment that stays after the session.
    var isKept: Bool {
        if keepsEnvironment, case .ready = environment { true } else { false }
    }

    func candidate(_ id: TestID) -> Candidate? { candidates[id] }

    /// Adds tests that may be started, and says which environment they will need.
    mutating func offer(_ tests: [TestCase], in request: EnvironmentRequest?) {
        for test in tests {
            candidates[test.id] = Candidate(test: test, environment: test.modes.isEmpty ? nil : request)
        }
        guard let request else { return }
        offered = request
        // Asking again for what failed is the order to try again.
        switch environment {
        case .failed(request, _): environment = .none
        case .failing(request, _): environment = .stopping
        case .none, .starting, .ready, .failing, .failed, .stopping: break
        }
    }

    /// Says how many of its slots the lane may use; what runs goes on.
    mutating func grant(_ count: Int) { granted = min(slots, max(0, count)) }

    mutating func enqueue(_ order: Order) { waiting.append(order) }

    /// Takes back an order that has not begun.
    mutating func withdraw(_ attempt: AttemptID) -> Order? {
        guard let index = waiting.firstIndex(where: { $0.attempt == attempt }) else { return nil }
        return waiting.remove(at: index)
    }

    /// Takes back all orders of a kind that have not begun.
    mutating func withdrawAll(where matches: (Order) -> Bool) -> [Order] {
        let taken = waiting.filter(matches)
        waiting.removeAll(where: matches)
        return taken
    }

    /// A test has left something behind: the next one that wants an environment of its own gets a new one.
    mutating func soil() { isSoiled = true }

    /// An order has ended; nil when it was not running.
    mutating func finished(_ attempt: AttemptID) -> Running? { running.removeValue(forKey: attempt) }

    /// From now on only what was prefetched starts: one order for each worker.
    mutating func fence() { allowance = slots }

    /// The coordinator is back.
    mutating func lift() { allowance = nil }

    /// From now on the lane only empties itself.
    ///
    /// - Parameter keeping: whether its environment stays, if it is ready.
    mutating func close(keeping: Bool = false) {
        isClosed = true
        keepsEnvironment = keeping
        offered = nil
    }
}

/// How the environment fares.
extension Lane {
    mutating func becameReady() -> EnvironmentRequest? {
        guard case .starting(let request, let since) = environment else { return nil }
        environment = .ready(request, since: since)
        return request
    }

    /// - Returns: what failed, and when it was asked for; nil when that is known already.
    mutating func becameFailed(_ message: String) -> (EnvironmentRequest, since: Duration)? {
        switch environment {
        case .none, .failing, .failed, .stopping: return nil
        case .starting(let request, let since), .ready(let request, let since):
            environment = .failing(request, message: message)
            for (attempt, entry) in running where entry.order.environment != nil {
                running[attempt]?.environmentFailure = message
            }
            return (request, since)
        }
    }

    mutating func becameDown() {
        isSoiled = false
        switch environment {
        case .failing(let request, let message): environment = .failed(request, message: message)
        case .none, .starting, .ready, .failed, .stopping: environment = .none
        }
    }
}

/// What to do next.
extension Lane {
    /// One thing that can be done now; nil when the lane has to wait for an event.
    mutating func nextStep(now: Duration) -> Step? {
        refusal() ?? startable() ?? environmentChange(now: now)
    }

    private mutating func refusal() -> Step? {
        switch environment {
        case .failing(let request, let message), .failed(let request, let message):
            guard let index = waiting.firstIndex(where: { $0.environment == request }) else { return nil }
            return .refuse(waiting.remove(at: index), message: message)
        case .none, .starting, .ready, .stopping: return nil
        }
    }

    private mutating func startable() -> Step? {
        guard !isClosed, allowance != 0 else { return nil }
        let busy = Set(running.values.flatMap(\.slots))
        let free = (0..<granted).filter { !busy.contains($0) }
        guard !free.isEmpty, !running.values.contains(where: { $0.order.test.isolation == .exclusive }) else {
            return nil
        }
        for (index, order) in waiting.enumerated() {
            guard fits(order) else { continue }
            let weight = min(max(1, order.test.weight), granted)
            let mustBeAlone = order.test.isolation == .exclusive
            // Nothing passes an order that only waits for room.
            guard weight <= free.count, !mustBeAlone || running.isEmpty else { return nil }
            if wantsCleanEnvironment(order) { return nil }
            waiting.remove(at: index)
            running[order.attempt] = Running(order: order, slots: Array(free.prefix(weight)))
            allowance = allowance.map { $0 - 1 }
            return .run(order, slot: free[0])
        }
        return nil
    }

    /// Whether an order cares about what others left in the environment.
    private func wantsCleanEnvironment(_ order: Order) -> Bool {
        isSoiled && order.environment != nil && order.test.isolation == .exclusive
    }

    private func fits(_ order: Order) -> Bool {
        guard let needed = order.environment else { return true }
        guard case .ready(let request, _) = environment else { return false }
        return request == needed
    }

    private mutating func environmentChange(now: Duration) -> Step? {
        let wanted = isClosed ? nil : waiting.lazy.compactMap(\.environment).first ?? offered
        let isInUse = running.values.contains { $0.order.environment != nil }
        switch environment {
        case .failing, .stopping: return nil
        case .starting:
            guard isClosed else { return nil }
            environment = .stopping
            return .takeDown
        case .ready(let request, _):
            let isWorn = waiting.first.map { $0.environment == request && wantsCleanEnvironment($0) } ?? false
            guard !keepsEnvironment, !isInUse, isClosed || isWorn || (wanted != nil && wanted != request) else {
                return nil
            }
            if let wanted, wanted.isClimb(from: request), allowance == nil, granted > 0 {
                environment = .starting(wanted, since: now)
                return .climb(wanted)
            }
            environment = .stopping
            return .takeDown
        case .none:
            return bringUp(wanted, now: now)
        case .failed(let request, _):
            return wanted == request ? nil : bringUp(wanted, now: now)
        }
    }

    private mutating func bringUp(_ wanted: EnvironmentRequest?, now: Duration) -> Step? {
        guard let wanted, allowance == nil, granted > 0 else { return nil }
        environment = .starting(wanted, since: now)
        return .bringUp(wanted)
    }
}

extension EnvironmentRequest {
    /// Whether an environment of another request becomes this one by climbing, which it does to a higher mode alone.
    fileprivate func isClimb(from other: EnvironmentRequest) -> Bool {
        var raised = other
        raised.mode = mode
        return other.mode < mode && raised == self
    }
}
