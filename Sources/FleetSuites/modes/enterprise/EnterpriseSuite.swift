import FleetTestKit

extension Catalogue {
    /// `modes/enterprise`: what a company relies on.
    static let enterprise: [DeclaredTest] = [
        Enterprise.services,
        Enterprise.sshKeysInKMS,
        Enterprise.fullRoleEnforcement,
        Enterprise.auditLogging,
        Enterprise.harborRegistry,
        Enterprise.monitoringStack,
    ]
}

/// The tests of `modes/enterprise`; they run side by side in one environment.
enum Enterprise {}
