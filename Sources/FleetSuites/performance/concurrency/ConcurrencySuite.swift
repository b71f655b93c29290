import FleetTestKit

extension Catalogue {
    /// `performance/concurrency`: what holds when many ask at once.
    static let concurrency: [DeclaredTest] = []
}
