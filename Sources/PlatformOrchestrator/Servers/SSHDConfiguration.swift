/// The text of the files that make an ordinary sshd the door of one server.
struct SSHDConfiguration: Sendable {
    /// The server's directory.
    let directory: String
    let endpoint: SSHEndpoint
    /// The user that the orchestrator runs as: the only one that an sshd without root can let in.
    let user: String
    /// True when the user's account has a locked password, which sshd lets in only by way of PAM.
    let usesPAM: Bool

    /// What a session has for HOME.
    var home: String { "\(directory)/home" }
    var hostKey: String { "\(directory)/etc/host_key" }
    var authorizedKeys: String { "\(directory)/etc/authorized_keys" }
    /// Keys that are let in for a time.
    var temporaryKeys: String { "\(directory)/etc/temporary_keys" }
    var sessionScript: String { "\(directory)/etc/session" }
    var configurationFile: String { "\(directory)/etc/sshd_config" }
    var knownHosts: String { "\(directory)/etc/known_hosts" }
    var log: String { "\(directory)/sshd.log" }

    /// The configuration. The user's own shell starts the forced command: with HOME already that of the server, and SHLVL at 1
    /// (bash reads its start-up file for remote commands below 2), no file of the user's reaches the session.
    var text: String {
        """
        ListenAddress \(endpoint.address):\(endpoint.port)
        AddressFamily inet
        HostKey \(Self.quoted(hostKey))
        PidFile none
        AuthorizedKeysFile \(Self.quoted(authorizedKeys)) \(Self.quoted(temporaryKeys))
        AllowUsers \(user)
        PermitRootLogin prohibit-password
        PubkeyAuthentication yes
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        StrictModes no
        UsePAM \(usesPAM ? "yes" : "no")
        UseDNS no
        PermitUserRC no
        PermitUserEnvironment no
        SetEnv \(Self.quoted("HOME=\(home)")) SHLVL=1
        X11Forwarding no
        PrintMotd no
        PrintLastLog no
        MaxStartups 200
        MaxSessions 200
        LoginGraceTime 30
        LogLevel INFO
        ForceCommand /bin/sh \(Self.shellQuoted(sessionScript))

        """
    }

    /// What every session runs: the command, or an interactive shell, with nothing inherited but terminal and language.
    func sessionText(hostname: String) -> String {
        """
        #!/bin/sh
        cd \(Self.shellQuoted(home)) || exit 1
        set -- HOME=\(Self.shellQuoted(home)) USER=\(Self.shellQuoted(user)) LOGNAME=\(Self.shellQuoted(user)) \\
            SHELL=/bin/sh PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
            TERM="${TERM:-dumb}" LANG="${LANG:-C}" SSH_CONNECTION="$SSH_CONNECTION" SERVER_NAME=\(hostname)
        if [ -n "$SSH_ORIGINAL_COMMAND" ]; then
            exec env -i "$@" /bin/sh -c "$SSH_ORIGINAL_COMMAND"
        fi
        exec env -i "$@" PS1='$SERVER_NAME$ ' /bin/sh -i

        """
    }

    /// A value for sshd_config.
    private static func quoted(_ text: String) -> String { "\"\(text)\"" }

    /// A word for a shell, whatever is in it.
    static func shellQuoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
