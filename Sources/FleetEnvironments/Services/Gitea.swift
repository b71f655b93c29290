import FleetModel

/// The builtin Gitea, with one administrator.
enum Gitea {
    /// The administrator, whose repositories are the platform's extensions.
    static let user = "fleet"

    static let backing = PlatformProgram(
        service: "gitea", furtherPrograms: [RequiredProgram(name: "git", from: .package("git"))],
        gates: ["/api/healthz"], hasMetrics: false
    ) { surroundings, _ in
        let password = surroundings.kept("admin.secret")
        return PlatformProgram.Description(
            settings: ["admin_username": .text(user), "admin_password": .text(password.content)],
            secrets: ["username": user, "password": password.content], files: [password])
    }
}
