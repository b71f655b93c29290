import FleetModel

/// The KMS service of the reference platform, over the environment's OpenBao.
enum KMS {
    static let backing = PlatformProgram(service: "kms") { surroundings, _ in
        var settings: [String: SettingsValue] = [
            "transit": .text(surroundings.endpoints["openbao", "transit"] ?? ""),
            "kv": .text(surroundings.endpoints["openbao", "kv"] ?? ""),
        ]
        settings.merge(vault(surroundings)) { $1 }
        if let security = SecuritySection.settings(surroundings) { settings["security"] = security }
        if let audit = AuditSection.settings(surroundings) { settings["audit"] = audit }
        return PlatformProgram.Description(settings: settings)
    }

    /// Where OpenBao is, and what lets the platform in; empty while the environment has none.
    static func vault(_ surroundings: ServiceSurroundings) -> [String: SettingsValue] {
        guard let url = surroundings.endpoints["openbao", "url"], let token = surroundings.secrets["openbao"]?["token"]
        else { return [:] }
        return ["openbao": .text(url), "openbao_token": .text(token)]
    }
}
