import FleetTestKit

extension Catalogue {
    /// `services/others`: one test for each service that no other suite is about.
    static let otherServices: [DeclaredTest] = []
}
