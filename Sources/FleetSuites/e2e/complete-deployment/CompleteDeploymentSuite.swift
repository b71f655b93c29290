import FleetTestKit

extension Catalogue {
    /// `e2e/complete-deployment`: a cluster from nothing to an application that answers.
    static let completeDeployment: [DeclaredTest] = []
}
