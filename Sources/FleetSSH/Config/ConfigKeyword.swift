/// What this program does with a keyword of ssh_config(5).
enum ConfigKeyword: Hashable, Sendable {
    /// It is obeyed.
    case obeyed(Obeyed)
    /// It changes where one connects, as whom, or whom one trusts, in a way that is not offered. The values that mean
    /// "as without it" are harmless.
    case refused(harmless: [String], why: String)
    /// It changes nothing for a program that runs commands and tunnels with a key: terminals, forwardings, other ways
    /// to log in, how long and how often.
    case ignored

    enum Obeyed: String, Hashable, Sendable, CaseIterable {
        case hostName = "hostname"
        case port, user
        case identityFile = "identityfile"
        case identitiesOnly = "identitiesonly"
        case identityAgent = "identityagent"
        case userKnownHostsFile = "userknownhostsfile"
        case globalKnownHostsFile = "globalknownhostsfile"
        case strictHostKeyChecking = "stricthostkeychecking"
        case hostKeyAlias = "hostkeyalias"
        case proxyJump = "proxyjump"
        case proxyCommand = "proxycommand"
        case ignoreUnknown = "ignoreunknown"
    }

    /// What a keyword, in small letters, means; nil for one that nobody knows.
    init?(_ name: String) {
        if let obeyed = Obeyed(rawValue: name) {
            self = .obeyed(obeyed)
        } else if name == "identityfile2" {
            self = .obeyed(.identityFile)
        } else if let rule = Self.refusals[name] {
            self = .refused(harmless: rule.harmless, why: rule.why)
        } else if Self.ignoredNames.contains(name) {
            self = .ignored
        } else {
            return nil
        }
    }

    private static let no = ["no", "false"]
    private static let yes = ["yes", "true"]
    private static let whence = "it chooses from where one connects"
    private static let name = "it makes another name out of the host's"
    private static let whom = "it changes as whom one logs in"
    private static let trust = "it changes which host keys are trusted"

    private static let refusals: [String: (harmless: [String], why: String)] = [
        "addressfamily": (["any"], "it chooses among the addresses of the host"),
        "bindaddress": ([], whence), "bindinterface": ([], whence),
        "canonicalizehostname": (no, name),
        "certificatefile": (["none"], whom),
        "checkhostip": (no, trust),
        "hostbasedauthentication": (no, whom),
        "knownhostscommand": (["none"], trust),
        "pkcs11provider": (["none"], whom), "smartcarddevice": (["none"], whom),
        "proxyusefdpass": (no, "it changes how the host is reached"),
        "pubkeyauthentication": (yes + ["unbound", "host-bound"], "this program logs in with keys only"),
        "dsaauthentication": (yes, "this program logs in with keys only"),
        "refuseconnection": ([], "it forbids the connection"),
        "revokedhostkeys": (["none"], trust),
        "securitykeyprovider": (["internal", "none"], whom),
        "tag": ([], "it chooses among blocks of `Match tagged`"),
    ]

    /// Where the reason is not plain from the name: `ciphers`, `macs` and the like choose how one encrypts, and libssh2
    /// has lists of its own; `gssapi…`, passwords and the like are other ways to log in, which are not offered, so that
    /// `preferredauthentications` has nothing to choose from; `usekeychain` is macOS's, for passphrases;
    /// `hashknownhosts` changes only how a name is written down.
    private static let ignoredNames: Set<String> = [
        "addkeystoagent", "afstokenpassing", "batchmode", "canonicaldomains", "canonicalizefallbacklocal",
        "canonicalizemaxdots", "canonicalizepermittedcnames", "casignaturealgorithms",
        "challengeresponseauthentication", "channeltimeout", "cipher", "ciphers", "clearallforwardings", "compression",
        "compressionlevel", "connectionattempts", "connecttimeout", "controlmaster", "controlpath", "controlpersist",
        "dynamicforward", "enableescapecommandline", "enablesshkeysign", "escapechar", "exitonforwardfailure",
        "fallbacktorsh", "fingerprinthash", "forkafterauthentication", "forwardagent", "forwardx11",
        "forwardx11timeout", "forwardx11trusted", "gatewayports", "globalknownhostsfile2", "gssapiauthentication",
        "gssapiclientidentity", "gssapidelegatecredentials", "gssapikexalgorithms", "gssapikeyexchange",
        "gssapirenewalforcesrekey", "gssapiserveridentity", "gssapitrustdns", "hashknownhosts",
        "hostbasedacceptedalgorithms", "hostbasedkeytypes", "hostkeyalgorithms", "ipqos",
        "kbdinteractiveauthentication", "kbdinteractivedevices", "keepalive", "kerberosauthentication",
        "kerberostgtpassing", "kexalgorithms", "localcommand", "localforward", "loglevel", "logverbose", "macs",
        "nohostauthenticationforlocalhost", "numberofpasswordprompts", "obscurekeystroketiming",
        "passwordauthentication", "permitlocalcommand", "permitremoteopen", "preferredauthentications", "protocol",
        "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes", "rekeylimit", "remotecommand", "remoteforward",
        "requesttty", "requiredrsasize", "rhostsauthentication", "rhostsrsaauthentication", "rsaauthentication",
        "sendenv", "serveralivecountmax", "serveraliveinterval", "sessiontype", "setenv", "skeyauthentication",
        "stdinnull", "streamlocalbindmask", "streamlocalbindunlink", "syslogfacility", "tcpkeepalive",
        "tisauthentication", "tunnel", "tunneldevice", "updatehostkeys", "usekeychain", "useprivilegedport",
        "userknownhostsfile2", "useroaming", "usersh", "verifyhostkeydns", "versionaddendum", "visualhostkey",
        "warnweakcrypto", "xauthlocation",
    ]
}
