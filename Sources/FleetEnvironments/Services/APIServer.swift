import FleetModel

/// The API server of the reference platform, with the service account that the control center made for it.
enum APIServer {
    static let backing = PlatformProgram(service: "api-server") { surroundings, _ in
        let account = ControlCenter.serviceAccount.name
        var settings: [String: SettingsValue] = [
            "database": ControlCenter.database("api_server", surroundings), "rate_limit": SecuritySection.rateLimit,
            "orchestrator": .text(surroundings.endpoints["orchestrator", "url"] ?? ""),
            "control_center": .text(surroundings.endpoints["control-center", "url"] ?? ""),
            "username": .text(account),
            "password": .text(surroundings.secrets["control-center"]?["\(account)-password"] ?? ""),
        ]
        if let audit = AuditSection.settings(surroundings) { settings["audit"] = audit }
        return PlatformProgram.Description(settings: settings)
    }
}
