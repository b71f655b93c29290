/// Judges from the lines that arrive whether a connection is alive: seconds of a monotonic clock in, verdicts out.
struct LinkHealth: Hashable {
    /// The times of PROTOCOL.md, in seconds since the last line.
    struct Limits: Hashable {
        var ping = 2.0
        var suspect = 6.0
        var lost = 10.0
        var leaseEnd = 15.0
    }

    /// What is to be done now.
    enum Action: Hashable {
        /// Send a ping with this number.
        case ping(Int)
        /// Tell that nothing was heard for longer than usual.
        case suspect
        /// Close the connection and try another one; the lease still runs.
        case lost
        /// Tell that the host was heard again.
        case recovered
    }

    private enum State: Hashable { case alive, suspect, lost }

    private let limits: Limits
    private var state = State.alive
    private var lastHeard: Double
    private var lastPing: Double
    private var nextPing = 1

    /// Begins at a moment at which the host was heard.
    init(now: Double, limits: Limits = Limits()) {
        self.limits = limits
        self.lastHeard = now
        self.lastPing = now
    }

    /// Seconds since the last line.
    func silence(now: Double) -> Double { now - lastHeard }

    /// A line has arrived.
    mutating func heard(now: Double) -> [Action] {
        lastHeard = now
        switch state {
        case .alive, .lost: return []
        case .suspect:
            state = .alive
            return [.recovered]
        }
    }

    /// The time at which `tick` has something to say, if nothing is heard until then.
    var nextTick: Double {
        switch state {
        case .alive: min(lastHeard + limits.suspect, lastPing + limits.ping)
        case .suspect: min(lastHeard + limits.lost, lastPing + limits.ping)
        case .lost: .infinity
        }
    }

    /// Time has passed; call it at `nextTick`, or whenever one likes.
    mutating func tick(now: Double) -> [Action] {
        var actions: [Action] = []
        let silence = now - lastHeard
        if state == .alive, silence >= limits.suspect {
            state = .suspect
            actions.append(.suspect)
        }
        if state == .suspect, silence >= limits.lost {
            state = .lost
            actions.append(.lost)
        }
        if state != .lost, now - lastPing >= limits.ping {
            lastPing = now
            actions.append(.ping(nextPing))
            nextPing += 1
        }
        return actions
    }
}
