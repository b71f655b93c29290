/// What the files say of one host, before tokens are replaced: the first value of each keyword, with its place.
struct RawHostSettings: Hashable {
    struct Value<Content: Hashable>: Hashable {
        var content: Content
        var place: ConfigPlace
    }

    enum Proxy: Hashable {
        case jump([JumpHop]?)
        case command(String?)
    }

    var hostName: Value<String>?
    var port: Int?
    var user: Value<String>?
    var identityFiles: [Value<String>] = []
    var identitiesOnly: Bool?
    var identityAgent: Value<String>?
    var userKnownHostsFiles: Value<[String]>?
    var globalKnownHostsFiles: Value<[String]>?
    var strictHostKeyChecking: StrictChecking?
    var hostKeyAlias: Value<String>?
    var proxy: Value<Proxy>?
}

/// Walks over the files for one host and keeps the first value of each keyword. A value: files in, settings and faults
/// out.
struct ConfigResolver {
    /// The host as the user calls it.
    let name: String
    let localUser: String
    private(set) var raw: RawHostSettings
    private(set) var faults: [SSHConfigFault] = []
    private var ignoredUnknown: String?
    /// `ProxyJump none` counts as said for `ProxyJump` alone: a later `ProxyCommand` is obeyed.
    private var isJumpSettled = false

    /// `preset` holds what was said before any file: user, port and hops of a command line.
    init(name: String, localUser: String, preset: RawHostSettings) {
        self.name = name
        self.localUser = localUser
        raw = preset
    }

    /// Takes in one file: `active` where its beginning applies to the host.
    mutating func walk(_ file: ConfigFile, active: Bool = true, never: Bool = false) {
        var active = active
        for node in file.nodes {
            switch node {
            case .host(let patterns): active = !never && KnownHostLine.matches(name, patterns: patterns)
            case .match(let criteria): active = !never && isMatch(criteria)
            case .include(let files):
                for file in files { walk(file, active: active, never: never || !active) }
            case .setting(let value, let place): if active { take(value, place) }
            case .refused(let keyword, let why, let place): if active { refuse(keyword, why, place) }
            case .unknown(let keyword, let place): if !isIgnored(keyword) { reject(keyword, place) }
            }
        }
    }

    private mutating func refuse(_ keyword: String, _ why: String, _ place: ConfigPlace) {
        faults.append(
            SSHConfigFault(
                place, "\(keyword) is not offered and cannot be passed over for \(ConfigText.quote(name)): \(why)",
                "take it out of what applies to this host, or name the host by its address under another pattern"))
    }

    private mutating func reject(_ keyword: String, _ place: ConfigPlace) {
        faults.append(
            SSHConfigFault(
                place, "there is no keyword \(ConfigText.quote(keyword))",
                "see ssh_config(5); IgnoreUnknown above it lets it pass"))
    }

    private func isIgnored(_ keyword: String) -> Bool {
        guard let ignoredUnknown else { return false }
        return Self.list(ignoredUnknown.lowercased(), has: keyword)
    }

    private mutating func take(_ value: ConfigValue, _ place: ConfigPlace) {
        func first<Content>(_ old: RawHostSettings.Value<Content>?, _ new: Content) -> RawHostSettings.Value<Content> {
            old ?? RawHostSettings.Value(content: new, place: place)
        }
        switch value {
        case .hostName(let text): raw.hostName = first(raw.hostName, text)
        case .port(let number): raw.port = raw.port ?? number
        case .user(let text): raw.user = first(raw.user, text)
        case .identityFile(let path):
            let isNew = !raw.identityFiles.contains { $0.content == path }
            if isNew { raw.identityFiles.append(RawHostSettings.Value(content: path, place: place)) }
        case .identitiesOnly(let flag): raw.identitiesOnly = raw.identitiesOnly ?? flag
        case .identityAgent(let text): raw.identityAgent = first(raw.identityAgent, text)
        case .userKnownHostsFile(let paths): raw.userKnownHostsFiles = first(raw.userKnownHostsFiles, paths)
        case .globalKnownHostsFile(let paths): raw.globalKnownHostsFiles = first(raw.globalKnownHostsFiles, paths)
        case .strictHostKeyChecking(let value): raw.strictHostKeyChecking = raw.strictHostKeyChecking ?? value
        case .hostKeyAlias(let text): raw.hostKeyAlias = first(raw.hostKeyAlias, text)
        case .proxyJump(let hops):
            if !isJumpSettled { raw.proxy = first(raw.proxy, .jump(hops)) }
            if hops == nil, case .jump(nil)? = raw.proxy?.content {
                raw.proxy = nil
                isJumpSettled = true
            }
        case .proxyCommand(let command): raw.proxy = first(raw.proxy, .command(command))
        case .ignoreUnknown(let list): ignoredUnknown = ignoredUnknown ?? list
        }
    }

    // MARK: Match

    /// Whether all criteria hold. One that is not offered is a fault, but only where the others hold.
    private mutating func isMatch(_ criteria: [MatchCriterion]) -> Bool {
        var unanswered: [(String, ConfigPlace)] = []
        for criterion in criteria {
            let holds: Bool
            switch criterion.kind {
            case .all: holds = true
            case .canonical: holds = false
            case .host(let list): holds = Self.list(list.lowercased(), has: hostName.lowercased())
            case .originalHost(let list): holds = Self.list(list.lowercased(), has: name.lowercased())
            case .user(let list): holds = Self.list(list, has: raw.user?.content ?? localUser)
            case .localUser(let list): holds = Self.list(list, has: localUser)
            case .refused(let name):
                unanswered.append((name, criterion.place))
                continue
            }
            if holds == criterion.isNegated { return false }
        }
        for (name, place) in unanswered { refuse("Match \(name)", "whether it holds is not asked here", place) }
        return unanswered.isEmpty
    }

    /// The host's name as far as it is known at this line.
    private var hostName: String {
        guard let hostName = raw.hostName else { return name }
        return (try? ConfigTokens(values: ["h": name]).expand(hostName.content)) ?? name
    }

    /// Whether a list of patterns, separated by commas, names a word.
    private static func list(_ list: String, has word: String) -> Bool {
        KnownHostLine.matches(word, patterns: list.split(separator: ",").map(String.init))
    }
}
