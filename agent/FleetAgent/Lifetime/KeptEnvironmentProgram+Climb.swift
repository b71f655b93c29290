import FleetModel
import FleetSystem

extension KeptEnvironmentProgram {
    /// Adds to an environment that is up what a higher mode has; throws why that cannot be.
    static func climb(_ options: KeptEnvironmentOptions) async throws -> KeptState {
        let place = options.layout.place
        guard let state = KeptState.read(place) else {
            throw DetachedStart.Failure(description: "it is on its way up; `agent environment status` says when it is")
        }
        let configuration = try StoredConfiguration.read(options.layout.directory)
        if let file = options.configuration, try StoredConfiguration.load(file) != configuration {
            throw DetachedStart.Failure(
                description: "it is up with another configuration, which cannot be changed; take it down first")
        }
        if let problem = problem(of: options, state) { throw DetachedStart.Failure(description: problem) }
        // Nobody adopts it meanwhile. Who holds it looks at this lock now and then, for a moment.
        guard let lock = try await FileLock.acquire(place.adoption, within: .milliseconds(300)) else {
            throw DetachedStart.Failure(description: "a run uses it; `agent status` says which")
        }
        defer { lock.release() }
        try await place.orderClimb(to: options.mode, within: KeptTimeLimits(configuration).launcher)
        guard let higher = KeptState.read(place) else { throw DetachedStart.Failure(description: "it is gone again") }
        return higher
    }

    /// Why an environment cannot become what is asked for; nil when it can.
    static func problem(of options: KeptEnvironmentOptions, _ state: KeptState) -> String? {
        if let driver = options.driver, driver != state.driver {
            return "it is up with the driver \(state.driver.rawValue), which cannot be changed; take it down first"
        }
        if options.mode == state.mode { return "it is up already in mode \(state.mode); take it down first" }
        guard options.mode > state.mode else {
            return
                "it is up in mode \(state.mode), and no environment goes down to \(options.mode); take it down first, "
                + "or bring another one up with --name"
        }
        return nil
    }
}

/// How long each of the processes that bring an environment up waits for the one below it: the inner ones give up first.
struct KeptTimeLimits: Hashable, Sendable {
    /// The guardian waits so long for the holder.
    let guardian: Duration
    /// `environment up` waits so long for the guardian, or for a climb.
    let launcher: Duration

    /// - Parameter configuration: its `environment_timeout_seconds` is what the services have.
    init(_ configuration: TestConfiguration) {
        // The keeper has 20 seconds more than its services, and then somebody looks at their state.
        guardian = .seconds(configuration.environment.readySeconds + 40)
        launcher = guardian + .seconds(10)
    }
}
