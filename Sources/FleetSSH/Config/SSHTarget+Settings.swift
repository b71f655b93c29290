#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

extension SSHTarget {
    /// A target as the configuration describes it.
    ///
    /// - Parameters:
    ///   - settings: what `SSHConfig.resolve` said.
    ///   - acceptsNewHostKeys: whether the user said so for all hosts, those on the way included.
    ///   - unlocker: opens keys that have a passphrase.
    ///   - startProxy: starts the command of a `ProxyCommand`.
    public init(
        _ settings: SSHHostSettings, acceptsNewHostKeys: Bool = false, unlocker: KeyUnlocker? = nil,
        startProxy: @escaping SSHProxyProgram.Start
    ) {
        var policy = KnownHostsPolicy(
            files: settings.userKnownHostsFiles + settings.globalKnownHostsFiles,
            unknownHost: acceptsNewHostKeys ? .acceptNew : settings.unknownHost)
        // What has no file of the user's own is not written into the machine's.
        policy.isKept = settings.userKnownHostsFiles.first.map { $0 != "/dev/null" } ?? false
        policy.files.removeAll { $0 == "/dev/null" }
        self.init(
            host: settings.host, port: settings.port, user: settings.user,
            identityFiles: Self.usable(settings), knownHosts: policy)
        needsIdentityFiles = false
        triesUsualFiles = settings.identityFiles == nil
        identitiesOnly = settings.identitiesOnly
        switch settings.agent {
        case .environment: identityAgent = .environment
        case .none: identityAgent = .none
        case .socket(let path): identityAgent = .path(path)
        }
        self.unlocker = unlocker
        hostKeyAlias = settings.hostKeyAlias
        switch settings.proxy {
        case .none: break
        case .command(let command): proxy = .command(command, start: startProxy)
        case .jump(let hop):
            proxy = .jump(
                SSHTarget(
                    hop, acceptsNewHostKeys: acceptsNewHostKeys, unlocker: unlocker, startProxy: startProxy))
        }
    }

    /// Those that exist; as with OpenSSH the others do no harm. Where nothing else could log in they stay, so that the
    /// error names them.
    private static func usable(_ settings: SSHHostSettings) -> [String] {
        let files = settings.identityFiles ?? []
        let existing = files.filter { access($0, F_OK) == 0 || access("\($0).pub", F_OK) == 0 }
        return existing.isEmpty && (settings.identitiesOnly || settings.agent == .none) ? files : existing
    }
}
