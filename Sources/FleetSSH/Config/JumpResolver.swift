/// Settles a host and, one after the other, those on the way to it.
///
/// As with OpenSSH each hop is a host of its own with its own configuration; of a chain only the first hop's own
/// `ProxyJump` counts, for the others the chain says where they are reached from.
struct JumpResolver {
    /// How many hosts may lie on the way.
    private static let mostHops = 16

    let config: SSHConfig
    private(set) var faults: [SSHConfigFault] = []

    init(config: SSHConfig) { self.config = config }

    /// The settings of a host; nil when something is wrong.
    mutating func settings(_ name: String, user: String?, port: Int?) -> SSHHostSettings? {
        var preset = RawHostSettings()
        preset.port = port
        let commandLine = ConfigPlace(file: "hosts.txt", line: 1, column: 1)
        if let user { preset.user = .init(content: user, place: commandLine) }
        return settings(name, preset: preset, depth: 0)
    }

    private mutating func settings(_ name: String, preset: RawHostSettings, depth: Int) -> SSHHostSettings? {
        var resolver = ConfigResolver(name: name, localUser: config.surroundings.user, preset: preset)
        for file in config.files { resolver.walk(file) }
        faults += resolver.faults
        var finisher = SettingsFinisher(name: name, raw: resolver.raw, surroundings: config.surroundings)
        var settings = finisher.settings()
        faults += finisher.faults
        switch resolver.raw.proxy?.content {
        case nil, .jump(nil), .command(nil): break
        case .command(let command?):
            settings.proxy = .command(finisher.command(command, settings, resolver.raw.proxy?.place))
            faults += finisher.faults
        case .jump(let hops?):
            guard let place = resolver.raw.proxy?.place,
                let proxy = jump(hops, to: settings, finisher, place, depth: depth)
            else { return nil }
            settings.proxy = .jump(proxy)
        }
        return settings
    }

    /// The last of the hops, itself reached through those before it.
    private mutating func jump(
        _ hops: [JumpHop], to target: SSHHostSettings, _ finisher: SettingsFinisher, _ place: ConfigPlace, depth: Int
    ) -> SSHHostSettings? {
        guard depth < Self.mostHops, let last = hops.last else {
            faults.append(
                SSHConfigFault(
                    place, "the way to \(ConfigText.quote(target.name)) leads through more than \(Self.mostHops) hosts",
                    "look for hosts that jump through each other"))
            return nil
        }
        let host: String
        do { host = try finisher.proxyTokens(target).expand(last.host) } catch {
            faults.append(SSHConfigFault(place, "ProxyJump: \(error.message)", "see TOKENS in ssh_config(5)"))
            return nil
        }
        var preset = RawHostSettings()
        preset.port = last.port
        if let user = last.user { preset.user = .init(content: user, place: place) }
        if hops.count > 1 { preset.proxy = .init(content: .jump(hops.dropLast()), place: place) }
        let isSame =
            host == target.name && (last.port ?? 22) == target.port && (last.user ?? target.user) == target.user
        guard !isSame else {
            faults.append(
                SSHConfigFault(
                    place, "\(ConfigText.quote(target.name)) is to be reached through itself",
                    "exclude it: `Host !\(target.name) *`, or say `ProxyJump none` for it above"))
            return nil
        }
        return settings(host, preset: preset, depth: depth + 1)
    }
}
