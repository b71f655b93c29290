import FleetTestKit

extension Catalogue {
    /// `modes/solo`: what one developer on one machine relies on, and what must not be there.
    static let solo: [DeclaredTest] = [
        Solo.minimalServices,
        Solo.singleUserOperations,
        Solo.noMultiuserServices,
        Solo.workspaceCreation,
        Solo.serverDeploymentWithDNS,
        Solo.taskservInstallation,
        Solo.extensionLoadingFromOCI,
        Solo.adminPermissions,
    ]
}

/// The tests of `modes/solo`, one property each; they run side by side in one environment.
enum Solo {}
