import FleetTestKit

extension Catalogue {
    /// `services/gitea`: git repositories, releases, issues as locks, and webhooks.
    static let gitea: [DeclaredTest] = [
        GiteaTests.initialization,
        GiteaTests.workspaceClone,
        GiteaTests.workspacePush,
        GiteaTests.workspacePull,
        GiteaTests.lockAcquire,
        GiteaTests.lockRelease,
        GiteaTests.extensionPublishing,
        GiteaTests.extensionDownloading,
        GiteaTests.webhooks,
        GiteaTests.apiAccess,
    ]
}

/// The tests of `services/gitea`: what the API says is looked at with `git`, and what git did with the API.
enum GiteaTests {}
