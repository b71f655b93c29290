import FleetTestKit

extension Catalogue {
    /// `e2e/complete-deployment`: a three-node cluster from nothing to an application that answers, and back to nothing.
    ///
    /// The twelve steps of the scenario are six tests; each makes for itself what the steps before it would have left.
    static let completeDeployment: [DeclaredTest] = [
        CompleteDeployment.workspaceAndExtensions,
        CompleteDeployment.serversAndNames,
        CompleteDeployment.containerdAndEtcd,
        CompleteDeployment.kubernetesAndCilium,
        CompleteDeployment.clusterAndApplication,
        CompleteDeployment.cleanup,
    ]
}

/// The tests of `e2e/complete-deployment`.
enum CompleteDeployment {}
