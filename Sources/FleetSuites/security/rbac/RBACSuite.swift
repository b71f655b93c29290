import FleetTestKit

extension Catalogue {
    /// `security/rbac`: each role against everything that it must not reach.
    static let rbac: [DeclaredTest] = [
        RBACTests.viewerCannotCreateServers,
        RBACTests.developerDeploysToDevelopmentOnly,
        RBACTests.operatorManagesInfrastructure,
        RBACTests.adminHasFullAccess,
        RBACTests.serviceAccountPermissions,
        RBACTests.roleEscalationPrevention,
        RBACTests.permissionInheritance,
        RBACTests.workspaceIsolation,
        RBACTests.apiEndpointAuthorization,
        RBACTests.cliCommandAuthorization,
    ]
}

/// The tests of `security/rbac`; they run in every mode that has logins.
enum RBACTests {}
