import FleetModel

/// The builtin Harbor, in front of a registry of its own that nobody else is told of.
enum Harbor {
    private static let user = "admin"

    static let backing = PlatformProgram(service: "harbor", gates: ["/api/v2.0/health"], hasMetrics: false) {
        surroundings, _ in
        let password = surroundings.kept("admin.secret")
        return PlatformProgram.Description(
            settings: [
                "admin_password": .text(password.content),
                "registry": .text(surroundings.endpoints[ServiceTable.harborRegistry, "url"] ?? ""),
            ],
            secrets: ["username": user, "password": password.content], files: [password])
    }
}
