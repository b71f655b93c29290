#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Completes the settings of one host: defaults, tokens, home directories.
struct SettingsFinisher {
    let name: String
    let raw: RawHostSettings
    let surroundings: SSHConfig.Surroundings
    private(set) var faults: [SSHConfigFault] = []

    init(name: String, raw: RawHostSettings, surroundings: SSHConfig.Surroundings) {
        self.name = name
        self.raw = raw
        self.surroundings = surroundings
    }

    /// Everything but the proxy.
    mutating func settings() -> SSHHostSettings {
        let host = expand(raw.hostName, ConfigTokens(values: ["h": name])) ?? name
        var settings = SSHHostSettings(
            name: name, host: host.lowercased(), port: raw.port ?? 22, user: raw.user?.content ?? surroundings.user,
            identityFiles: nil, identitiesOnly: raw.identitiesOnly ?? false, agent: .environment,
            userKnownHostsFiles: [], globalKnownHostsFiles: [], unknownHost: .refuse,
            hostKeyAlias: raw.hostKeyAlias?.content, proxy: .none)
        let tokens = fileTokens(settings)
        if !raw.identityFiles.isEmpty {
            settings.identityFiles = raw.identityFiles.filter { $0.content.lowercased() != "none" }
                .compactMap { path($0, tokens) }
        }
        settings.agent = agent(tokens)
        let users = raw.userKnownHostsFiles.map { files in paths(files, tokens) }
        settings.userKnownHostsFiles =
            users ?? ["known_hosts", "known_hosts2"].map { "\(surroundings.home)/.ssh/\($0)" }
        let globals = raw.globalKnownHostsFiles.map { files in paths(files, tokens) }
        settings.globalKnownHostsFiles = globals ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
        switch raw.strictHostKeyChecking {
        case nil, .yes, .ask: settings.unknownHost = .refuse
        case .acceptNew, .off: settings.unknownHost = .acceptNew
        }
        return settings
    }

    /// A `ProxyCommand` with its tokens replaced.
    mutating func command(_ command: String, _ settings: SSHHostSettings, _ place: ConfigPlace?) -> String {
        guard let place else { return command }
        return expand(.init(content: command, place: place), proxyTokens(settings)) ?? command
    }

    /// What `ProxyCommand` and `ProxyJump` may say.
    func proxyTokens(_ settings: SSHHostSettings) -> ConfigTokens {
        ConfigTokens(values: [
            "h": settings.host, "n": name, "p": String(settings.port), "r": settings.user,
        ])
    }

    private func fileTokens(_ settings: SSHHostSettings) -> ConfigTokens {
        let machine = Self.machineName
        return ConfigTokens(
            values: [
                "d": surroundings.home, "h": settings.host, "i": String(getuid()),
                "k": settings.hostKeyAlias ?? name, "L": String(machine.prefix { $0 != "." }), "l": machine,
                "n": name, "p": String(settings.port), "r": settings.user, "u": surroundings.user,
            ], variables: surroundings.variables)
    }

    private mutating func agent(_ tokens: ConfigTokens) -> SSHHostSettings.Agent {
        guard let value = raw.identityAgent else { return .environment }
        switch value.content {
        case _ where value.content.lowercased() == "none": return .none
        case "SSH_AUTH_SOCK": return .environment
        case let text where text.hasPrefix("$") && !text.hasPrefix("${"):
            // A variable that is not set means no agent, as with OpenSSH.
            return surroundings.variables[String(text.dropFirst())].map { .socket($0) } ?? .none
        default: return path(value, tokens).map { .socket($0) } ?? .none
        }
    }

    private mutating func paths(_ value: RawHostSettings.Value<[String]>, _ tokens: ConfigTokens) -> [String] {
        if value.content.count == 1, value.content[0].lowercased() == "none" { return [] }
        return value.content.compactMap { path(.init(content: $0, place: value.place), tokens) }
    }

    /// A path with its tilde and its tokens replaced.
    private mutating func path(_ value: RawHostSettings.Value<String>, _ tokens: ConfigTokens) -> String? {
        var value = value
        if value.content.hasPrefix("~/") {
            // The home directory may contain a percent sign.
            let home = surroundings.home.replacing("%", with: "%%").replacing("$", with: "%$")
            value.content = home + value.content.dropFirst()
            var tokens = tokens
            tokens.values["$"] = "$"
            return expand(value, tokens)
        }
        if value.content.hasPrefix("~") {
            faults.append(
                SSHConfigFault(value.place, "the home directory of another user is not offered", "name it in full"))
            return nil
        }
        return expand(value, tokens)
    }

    private mutating func expand(_ value: RawHostSettings.Value<String>?, _ tokens: ConfigTokens) -> String? {
        guard let value else { return nil }
        do { return try tokens.expand(value.content) } catch {
            faults.append(
                SSHConfigFault(
                    value.place, "\(ConfigText.quote(value.content)): \(error.message)",
                    "see TOKENS in ssh_config(5)"))
            return nil
        }
    }

    private static var machineName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
