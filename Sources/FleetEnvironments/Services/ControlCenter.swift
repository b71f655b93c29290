import FleetModel

/// The control center of the reference platform: with a user of every role, and a service account.
enum ControlCenter {
    /// The users that every environment has, by name, with their roles.
    static let users = [
        (name: "admin", role: "admin"), (name: "operator", role: "operator"), (name: "developer", role: "developer"),
        (name: "viewer", role: "viewer"), (name: "auditor", role: "auditor"),
    ]
    /// The account that automation uses.
    static let serviceAccount = (name: "automation", role: "operator")

    static let backing = PlatformProgram(service: "control-center") { surroundings, _ in
        let accounts = users.map { (user: $0, isService: false) } + [(user: serviceAccount, isService: true)]
        let passwords = accounts.map { surroundings.kept("\($0.user.name).secret") }
        var settings: [String: SettingsValue] = [
            "database": database("control_center", surroundings), "rate_limit": SecuritySection.rateLimit,
            "users": .list(
                zip(accounts, passwords).map { account, password in
                    .table([
                        "username": .text(account.user.name), "password": .text(password.content),
                        "roles": .list([.text(account.user.role)]), "service_account": .flag(account.isService),
                    ])
                }),
        ]
        if let audit = AuditSection.settings(surroundings) { settings["audit"] = audit }
        var secrets = ["username": "admin"]
        for (account, password) in zip(accounts, passwords) {
            if account.user.name == "admin" { secrets["password"] = password.content }
            secrets["\(account.user.name)-password"] = password.content
        }
        return PlatformProgram.Description(
            settings: settings,
            properties: [
                "users": users.map { $0.name }.joined(separator: ","), "service-account": serviceAccount.name,
            ], secrets: secrets, files: passwords)
    }

    /// The section `database` of a service that keeps something in PostgreSQL.
    static func database(_ name: String, _ surroundings: ServiceSurroundings) -> SettingsValue {
        let endpoints = surroundings.endpoints
        return .table([
            "host": .text(endpoints["postgresql", "address"] ?? ""),
            "port": .number(endpoints["postgresql", "port"].flatMap { Int($0) } ?? 0),
            "user": .text(name), "database": .text(name),
            "password": .text(surroundings.secrets["postgresql"]?["\(name)-password"] ?? ""),
        ])
    }
}
