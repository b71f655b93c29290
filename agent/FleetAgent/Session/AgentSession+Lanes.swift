import FleetModel
import FleetProtocol

/// What an environment turned out to be.
struct EnvironmentReport: Hashable, Sendable {
    var driver: Driver
    var services: [ServiceInfo]
    var seconds: Double
    /// The kept environment that it is; nil when it was brought up for this session.
    var adopted: String?
}

/// What the lanes want done.
extension AgentSession {
    /// Asks every lane what it can do now, until nothing more follows.
    mutating func advanceLanes(now: Duration, _ actions: inout [Action]) {
        for index in lanes.indices {
            while let step = lanes[index].nextStep(now: now) { take(step, lane: index, &actions) }
        }
    }

    private mutating func take(_ step: Lane.Step, lane: Int, _ actions: inout [Action]) {
        switch step {
        case .run(let order, let laneSlot):
            let slot = lane * settings.slotsPerLane + laneSlot
            attempts[order.attempt] = .running(lane: lane, slot: slot, stopped: nil)
            let started = Message.Started(attempt: order.attempt, lane: lane, slot: slot, epoch: order.epoch)
            tellCoordinator(.started(started), &actions)
            actions.append(.run(lane: lane, order, slot: slot))
        case .refuse(let order, let message):
            notRun(order, lane: lane, cause: .environment, message: message, &actions)
        case .bringUp(let request):
            report(Message.EnvironmentState(lane: lane, mode: request.mode, state: .starting), &actions)
            actions.append(.bringUp(lane: lane, request))
        case .climb(let request):
            report(Message.EnvironmentState(lane: lane, mode: request.mode, state: .starting), &actions)
            actions.append(.climb(lane: lane, request))
        case .takeDown:
            actions.append(.takeDown(lane: lane))
        }
    }

    mutating func environmentReady(_ lane: Int, _ found: EnvironmentReport, _ actions: inout [Action]) {
        guard let request = lanes[lane].becameReady() else { return }
        adopted[lane] = found.adopted
        report(
            Message.EnvironmentState(
                lane: lane, mode: request.mode, state: .ready, driver: found.driver, services: found.services,
                seconds: found.seconds), &actions)
    }

    mutating func environmentFailed(_ lane: Int, _ message: String, now: Duration, _ actions: inout [Action]) {
        guard let (request, since) = lanes[lane].becameFailed(message) else { return }
        report(
            Message.EnvironmentState(
                lane: lane, mode: request.mode, state: .failed, seconds: (now - since).inSeconds, message: message),
            &actions)
    }

    mutating func environmentDown(_ lane: Int, _ left: [String], _ actions: inout [Action]) {
        leftovers += left
        let mode = lastStates[lane]?.mode
        let wasFailed = lastStates[lane]?.state == .failed
        lanes[lane].becameDown()
        guard let mode, !wasFailed else { return }
        report(Message.EnvironmentState(lane: lane, mode: mode, state: .down), &actions)
    }

    private mutating func report(_ state: Message.EnvironmentState, _ actions: inout [Action]) {
        lastStates[state.lane] = state
        tellCoordinator(.environment(state), &actions)
    }
}
