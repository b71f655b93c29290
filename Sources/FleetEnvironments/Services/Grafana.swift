import FleetModel

/// The builtin Grafana, with the environment's Prometheus as its data source.
enum Grafana {
    private static let user = "admin"

    static let backing = PlatformProgram(service: "grafana", gates: ["/api/health"], hasMetrics: false) {
        surroundings, _ in
        let password = surroundings.kept("admin.secret")
        var settings: [String: SettingsValue] = [
            "admin_user": .text(user), "admin_password": .text(password.content),
        ]
        if let url = surroundings.endpoints["prometheus", "url"] {
            settings["datasources"] = .list([
                .table([
                    "name": .text("Prometheus"), "type": .text("prometheus"), "url": .text(url),
                    "isDefault": .flag(true),
                ])
            ])
        }
        return PlatformProgram.Description(
            settings: settings, secrets: ["username": user, "password": password.content], files: [password])
    }
}
