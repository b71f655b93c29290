import FleetTestKit

extension Catalogue {
    /// `modes/multiuser`: what several people rely on who share one platform.
    static let multiuser: [DeclaredTest] = [
        Multiuser.services,
        Multiuser.userAuthentication,
        Multiuser.rolePermissions,
        Multiuser.workspaceCollaboration,
        Multiuser.distributedLocking,
        Multiuser.concurrentOperations,
        Multiuser.extensionPublishing,
        Multiuser.extensionDownloading,
        Multiuser.dnsForServers,
        Multiuser.userIsolation,
    ]
}

/// The tests of `modes/multiuser`; they run side by side in one environment.
enum Multiuser {}
