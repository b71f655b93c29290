import FleetTestKit

extension Catalogue {
    /// `performance/scalability`: what holds when there is much of everything.
    static let scalability: [DeclaredTest] = []
}
