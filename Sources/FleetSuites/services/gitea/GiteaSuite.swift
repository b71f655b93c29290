import FleetTestKit

extension Catalogue {
    /// `services/gitea`: git repositories, releases, issues as locks, and webhooks.
    static let gitea: [DeclaredTest] = []
}
