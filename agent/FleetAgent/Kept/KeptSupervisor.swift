import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Holds one environment after its run, or without any: until its time is over, somebody wants it down, or it breaks.
///
/// Its guardian lives on above it, so that nothing stays of the environment when this process is killed.
struct KeptSupervisor: Sendable {
    let place: KeptPlace
    let holder: any EnvironmentHolder

    /// Why the holding ended.
    enum End: Hashable { case ordered, expired, broke(String) }

    /// Writes down what is held; from then on others can find it.
    func announce(_ state: KeptState) throws {
        try PrivateDirectory.ensure(place.directory)
        let secrets = try JSONEncoder().encode(holder.credentials)
        try AtomicFile.write(secrets, to: place.credentials, mode: 0o600)
        try AtomicFile.write(Array(state.line().utf8), to: place.state)
    }

    /// Waits for the end.
    ///
    /// - Parameter stop: set when this process is to end.
    func hold(until stop: OneShot<Void>) async -> End {
        let broken = OneShot<String?>()
        // Ends with the environment, which whoever called takes down next.
        Task { broken.fulfil(await holder.failure()) }
        var climb: OneShot<Void>?
        while await stop.value(within: .milliseconds(250)) == nil {
            if let failure = broken.current { return .broke(failure ?? "it was taken down") }
            if climb == nil || climb?.current != nil, let mode = place.takeClimbOrder() {
                let done = OneShot<Void>()
                climb = done
                // Bounded by the time that services have to become ready; taking the environment down ends it, too.
                Task {
                    await self.climb(to: mode)
                    done.fulfil(())
                }
            }
            // A run that has adopted it keeps it as long as that run lasts.
            if place.isAdopted { continue }
            if access(place.order, F_OK) == 0 { return .ordered }
            guard let state = KeptState.read(place) else { return .ordered }
            if let until = state.until, SessionStatus.now >= until { return .expired }
        }
        return .ordered
    }

    /// Adds what a higher mode has; an environment that breaks by it is seen by who waits for that.
    private func climb(to mode: Mode) async {
        do {
            try await holder.climb(to: mode)
            guard let former = KeptState.read(place) else { return }
            var state = KeptState(name: former.name, holder: holder, until: former.until, reason: former.reason)
            state.since = former.since
            state.facts = try await holder.look()
            try announce(state)
            try place.answerClimb(nil)
        } catch {
            // Whoever waits sees by the lock that nobody answers any more.
            try? place.answerClimb("\(error)")
        }
    }

    /// Holds the environment to its end and takes it down; returns what could not be removed.
    func run(_ state: KeptState, until stop: OneShot<Void>) async throws -> [String] {
        try PrivateDirectory.ensure(place.directory)
        guard let lock = try FileLock.acquire(place.lock) else {
            throw DetachedStart.Failure(description: "another process holds \(place.lock)")
        }
        defer { lock.release() }
        try announce(state)
        return await finish(until: stop) + DirectoryTree.remove(place.directory)
    }

    /// The same once it has been announced; the place itself stays.
    func finish(until stop: OneShot<Void>) async -> [String] {
        if case .broke(let reason) = await hold(until: stop) {
            StandardStreams.complain("the kept environment \(place.name) broke: \(reason)")
        }
        return await holder.takeDown()
    }
}
