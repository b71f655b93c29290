/// Decides which services may start next: all at once whose dependencies are ready.
struct StartOrder {
    private var waiting: [any ServiceBacking]
    private let known: Set<String>
    private var ready: Set<String>

    /// - Parameter ready: the services that run already.
    init(_ backings: [any ServiceBacking], ready: Set<String> = []) {
        waiting = backings
        known = Set(backings.map(\.service))
        self.ready = ready
    }

    /// The services that may start now; each is returned once.
    mutating func takeStartable() -> [any ServiceBacking] {
        // A dependency that is not part of the environment holds nobody up.
        let startable = waiting.filter { $0.dependencies.allSatisfy { ready.contains($0) || !known.contains($0) } }
        waiting.removeAll { candidate in startable.contains { $0.service == candidate.service } }
        return startable
    }

    /// A service is ready.
    mutating func becameReady(_ service: String) { ready.insert(service) }

    /// A service has failed: nothing more starts.
    mutating func giveUp() { waiting = [] }
}
