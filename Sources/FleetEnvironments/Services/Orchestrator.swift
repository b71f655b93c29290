import FleetModel
import FleetSystem

/// The orchestrator of the reference platform, which the bundle brings along.
struct ReferenceOrchestrator: ServiceBacking {
    var service: String { "orchestrator" }
    var kind: Backing { .builtin }
    var programs: [RequiredProgram] {
        // Servers of the `local` provider have a real sshd.
        [
            RequiredProgram(name: "platform", from: .bundle),
            RequiredProgram(name: "sshd", from: .package("openssh-server")),
        ]
    }

    func version(in surroundings: ServiceSurroundings) async -> String {
        await ProgramVersion.firstLine(
            of: "\(surroundings.plan.bundle)/platform", ["version"], path: surroundings.plan.programPath)
            ?? "reference platform of unknown version"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let endpoints = surroundings.endpoints
        let dns = "\(endpoints["dns", "address"] ?? "127.0.0.1"):\(endpoints["dns", "port"] ?? "53")"
        let url = "http://127.0.0.1:\(port)"
        var arguments = [
            "orchestrator", "--listen", "127.0.0.1:\(port)", "--data", "\(surroundings.directory)/data",
            "--mode", surroundings.plan.request.mode.rawValue, "--zone", endpoints["dns", "zone"] ?? KnotDNS.zone,
            "--dns", dns, "--registry", endpoints["registry", "url"] ?? "", "--server-network", "127.64.0.0/16",
        ]
        if let key = surroundings.secrets["dns"]?["key-file"] { arguments += ["--dns-key-file", key] }
        var files: [ServiceLaunch.File] = []
        let settings = settings(surroundings)
        if !settings.isEmpty {
            let file = ServiceLaunch.File(
                path: "\(surroundings.directory)/settings.json",
                content: String(decoding: KeeperCoding.encode(settings), as: UTF8.self))
            arguments += ["--settings", file.path]
            files.append(file)
        }
        return ServiceLaunch(
            executable: "\(surroundings.plan.bundle)/platform", arguments: arguments, files: files,
            gates: [.http(url: "\(url)/health"), .http(url: "\(url)/ready")],
            properties: ["url": url, "metrics": "\(url)/metrics"])
    }

    private func settings(_ surroundings: ServiceSurroundings) -> [String: SettingsValue] {
        var settings: [String: SettingsValue] = [:]
        if let file = surroundings.endpoints["dns", "zone-file"] {
            settings["zone_file"] = .table(["path": .text(file), "reload_seconds": .number(CoreDNS.reloadSeconds)])
        }
        if let security = SecuritySection.settings(surroundings) { settings["security"] = security }
        if let gitea = ExtensionRegistry.sources(surroundings)["gitea"] {
            settings["extensions"] = .table(["gitea": gitea])
        }
        let vault = KMS.vault(surroundings)
        if !vault.isEmpty { settings["secrets"] = .table(vault) }
        if let audit = AuditSection.settings(surroundings) { settings["audit"] = audit }
        return settings
    }
}

/// The section `security` of the settings of the platform's services.
enum SecuritySection {
    /// Requests a minute from one address. All tests of an environment have the same one, so that what is enough for one
    /// caller is too little.
    static let rateLimit = SettingsValue.number(1_000_000)

    /// Who lets people in; nil while the environment has no control center.
    static func settings(_ surroundings: ServiceSurroundings) -> SettingsValue? {
        guard let url = surroundings.endpoints["control-center", "url"] else { return nil }
        return .table(["control_center": .text(url), "rate_limit": rateLimit])
    }
}

/// The section `audit` of the settings of the platform's services.
enum AuditSection {
    /// Where events are shipped to; nil while the environment has no Elasticsearch.
    static func settings(_ surroundings: ServiceSurroundings) -> SettingsValue? {
        guard let url = surroundings.endpoints["elasticsearch", "url"] else { return nil }
        var section: [String: SettingsValue] = ["elasticsearch": .text(url)]
        let secrets = surroundings.secrets["elasticsearch"] ?? [:]
        if let user = secrets["username"], let password = secrets["password"] {
            section["username"] = .text(user)
            section["password"] = .text(password)
        }
        return .table(section)
    }
}
