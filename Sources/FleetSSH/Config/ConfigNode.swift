/// A configuration file, read and understood; which of it applies depends on the host.
struct ConfigFile: Hashable, Sendable {
    var nodes: [ConfigNode]
}

/// One line of a configuration file.
enum ConfigNode: Hashable, Sendable {
    /// What follows is for hosts whose name fits these patterns.
    case host([String])
    /// What follows is for hosts that fulfil these criteria.
    case match([MatchCriterion])
    /// The files that an `Include` names, in order.
    case include([ConfigFile])
    case setting(ConfigValue, ConfigPlace)
    /// A keyword that must not be ignored and that is not offered.
    case refused(name: String, why: String, ConfigPlace)
    /// A keyword that nobody knows; an error unless `IgnoreUnknown` names it.
    case unknown(name: String, ConfigPlace)
}

/// A keyword that is obeyed, with its argument.
enum ConfigValue: Hashable, Sendable {
    case hostName(String)
    case port(Int)
    case user(String)
    case identityFile(String)
    case identitiesOnly(Bool)
    case identityAgent(String)
    case userKnownHostsFile([String])
    case globalKnownHostsFile([String])
    case strictHostKeyChecking(StrictChecking)
    case hostKeyAlias(String)
    /// The hops in the order in which they are passed; nil for `none`.
    case proxyJump([JumpHop]?)
    /// Nil for `none`.
    case proxyCommand(String?)
    case ignoreUnknown(String)
}

/// The values of `StrictHostKeyChecking`.
enum StrictChecking: String, Hashable, Sendable {
    case yes, ask
    case acceptNew = "accept-new"
    /// `no` and `off`.
    case off

    init?(word: String) {
        switch word.lowercased() {
        case "yes", "true": self = .yes
        case "no", "false", "off": self = .off
        case let word: self.init(rawValue: word)
        }
    }
}

/// One condition of a `Match` line.
struct MatchCriterion: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case all
        case host(String)
        case originalHost(String)
        case user(String)
        case localUser(String)
        /// Only in a second pass, which a canonical name would bring: never.
        case canonical
        /// Needs a second pass over the configuration, or a command: not offered.
        case refused(String)
    }

    var kind: Kind
    var isNegated: Bool
    var place: ConfigPlace
}
