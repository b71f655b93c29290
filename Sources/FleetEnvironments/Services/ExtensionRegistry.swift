import FleetModel

/// The extension registry of the reference platform, over the environment's OCI registry and Gitea.
enum ExtensionRegistry {
    static let backing = PlatformProgram(service: "extension-registry") { surroundings, _ in
        var settings = sources(surroundings)
        if let security = SecuritySection.settings(surroundings) { settings["security"] = security }
        if let audit = AuditSection.settings(surroundings) { settings["audit"] = audit }
        return PlatformProgram.Description(settings: settings)
    }

    /// Where extensions come from: the members `oci` and `gitea`.
    static func sources(_ surroundings: ServiceSurroundings) -> [String: SettingsValue] {
        var sources: [String: SettingsValue] = [:]
        if let url = surroundings.endpoints["registry", "url"] { sources["oci"] = .table(["url": .text(url)]) }
        let secrets = surroundings.secrets["gitea"] ?? [:]
        if let url = surroundings.endpoints["gitea", "url"], let user = secrets["username"],
            let password = secrets["password"]
        {
            sources["gitea"] = .table([
                "url": .text(url), "owner": .text(user), "username": .text(user), "password": .text(password),
            ])
        }
        return sources
    }
}
