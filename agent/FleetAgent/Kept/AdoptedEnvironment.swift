import FleetEnvironments
import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A kept environment that a run uses as its own; the process that kept it goes on holding it.
final class AdoptedEnvironment: EnvironmentHolder {
    let place: KeptPlace
    let endpoints: Endpoints
    let credentials: [String: [String: String]]
    let report: EnvironmentReport
    let namespaces: NamespaceChoice
    let keeper: Int32?
    private let eye: EnvironmentEye
    private let logs: EnvironmentLogs
    private let lock: FileLock
    private let isDone = OneShot<String?>()

    private init(_ place: KeptPlace, _ state: KeptState, _ eye: EnvironmentEye, lock: FileLock) throws {
        self.place = place
        self.lock = lock
        endpoints = state.endpoints
        credentials = try Self.secrets(of: place)
        report = EnvironmentReport(driver: state.driver, services: state.services, seconds: 0, adopted: place.name)
        namespaces = state.namespaces
        keeper = state.keeper
        self.eye = eye
        logs = EnvironmentLogs(directory: state.directory, services: state.services.map(\.name))
    }

    private static func secrets(of place: KeptPlace) throws -> [String: [String: String]] {
        try JSONDecoder().decode([String: [String: String]].self, from: Data(try AtomicFile.read(place.credentials)))
    }

    /// Adopts the first environment that fits and is clean.
    ///
    /// - Throws: why none does, for people.
    static func adopt(_ request: EnvironmentRequest, workdir: String, agent: String) async throws -> AdoptedEnvironment
    {
        var reasons: [String] = []
        for place in KeptPlace.all(workdir: workdir) where place.isHeld {
            guard let state = KeptState.read(place), state.mode == request.mode,
                request.driver == nil || request.driver == state.driver
            else { continue }
            // Who holds it looks at this lock now and then, for a moment.
            guard let lock = try await FileLock.acquire(place.adoption, within: .milliseconds(300)) else {
                reasons.append("\(place.name) is used by another run")
                continue
            }
            let eye = state.eye(agent: agent)
            if let reason = await dirt(state, place, eye) {
                lock.release()
                reasons.append("\(place.name) is not clean (\(reason))")
            } else {
                return try AdoptedEnvironment(place, state, eye, lock: lock)
            }
        }
        let why = reasons.isEmpty ? "none is kept here" : reasons.joined(separator: "; ")
        throw DetachedStart.Failure(
            description: "--skip-setup finds no environment of mode \(request.mode) to go on with: \(why)")
    }

    /// Why an environment is not as it was when it became ready; nil when it is.
    private static func dirt(_ state: KeptState, _ place: KeptPlace, _ eye: EnvironmentEye) async -> String? {
        guard let facts = state.facts else { return "nobody looked at its state when it became ready" }
        do {
            return facts.change(to: try await eye.look(state.endpoints, try secrets(of: place)))
        } catch {
            return "\(error)"
        }
    }

    func look() async throws -> EnvironmentFacts? { try await eye.look(endpoints, credentials) }

    func openLogWindow() -> @Sendable () -> [ServiceLog] {
        let (logs, mark) = (logs, logs.mark())
        return { logs.since(mark) }
    }

    /// The process that holds it says nothing to us; that it is gone is seen by its lock.
    func failure() async -> String? {
        while await isDone.value(within: .milliseconds(500)) == nil {
            if !place.isHeld { return "the kept environment \(place.name) is gone: who held it has ended" }
        }
        return nil
    }

    func takeDown() async -> [String] {
        isDone.fulfil(nil)
        lock.release()
        return await place.orderDown(within: .seconds(40)) ? [] : ["the kept environment \(place.name)"]
    }

    /// Leaves it to the process that holds it, with a new time limit.
    func giveBack(until: Double, reason: String) throws {
        isDone.fulfil(nil)
        if var state = KeptState.read(place) {
            state.until = until
            state.reason = reason
            try AtomicFile.write(Array(state.line().utf8), to: place.state)
        }
        lock.release()
    }
}
