import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension TestSSHServer {
    /// The servers that people have.
    public enum Program: String, Sendable, CaseIterable {
        /// OpenSSH's sshd.
        case openSSH = "OpenSSH"
        /// The one of small systems. It reads the keys in the home directory, so its users need a private passwd file.
        case dropbear

        var path: String { self == .openSSH ? "/usr/sbin/sshd" : "/usr/sbin/dropbear" }

        /// True when it can be started here.
        public var isAvailable: Bool {
            guard access(path, X_OK) == 0, access("/usr/bin/ssh-keygen", X_OK) == 0 else { return false }
            return self == .openSSH || (TestSSHServer.canHaveShells && access("/usr/bin/dropbearkey", X_OK) == 0)
        }

        /// What its log says when it is ready.
        var readyWords: String { self == .openSSH ? "Server listening on" : "Not backgrounding" }

        /// Makes a host key: the private half as the program wants it, the public half as OpenSSH has it.
        func makeHostKey(_ kind: String, _ path: String) async throws {
            guard self == .dropbear else { return try await TestSSHServer.keygen(kind, path) }
            let words = kind.split(separator: "-").map(String.init)
            let size = words.count > 1 ? "-s \(words[1])" : ""
            // It prints the public half between two lines of its own.
            let script = "dropbearkey -t \(words[0]) \(size) -f '\(path)' | grep -E '^(ssh|ecdsa)-' > '\(path).pub'"
            try await TestSSHServer.run("/bin/sh", ["-c", script])
        }
    }

    /// True when a login shell, or a home directory, can be given to the server's users: that takes a mount namespace.
    public static var canHaveShells: Bool { getuid() == 0 && access("/usr/bin/unshare", X_OK) == 0 }

    /// Starts the program with its files.
    struct Launcher {
        let program: Program
        let directory: String
        let configuration: [String]
        let hostKeys: [String]
        let shell: String?

        /// Writes what does not depend on the port.
        func prepare() throws {
            if program == .dropbear {
                _ = mkdir(directory + "/home/.ssh", 0o700)
                // One file under both names, so that tests can extend it.
                _ = symlink(directory + "/authorized_keys", directory + "/home/.ssh/authorized_keys")
            }
            guard let shell else { return }
            let others = TestFiles.read("/etc/passwd").split(separator: "\n")
                .filter { !$0.hasPrefix(TestSSHServer.user + ":") }
            let own = "\(TestSSHServer.user):x:\(getuid()):\(getgid())::\(directory)/home:\(shell)"
            let lines = [own] + others.map(String.init)
            try TestFiles.write(lines.joined(separator: "\n") + "\n", to: passwd, mode: 0o644)
        }

        private var passwd: String { directory + "/passwd" }

        /// Nil when the server ended at once, most likely for its port.
        func launch(port: Int) async throws -> ChildProcess? {
            if program == .openSSH {
                try TestFiles.write(sshdConfiguration(port: port), to: directory + "/sshd_config")
                // Where sshd jails the part of it that has no rights; Debian's service makes it at start.
                if getuid() == 0 { _ = mkdir("/run/sshd", 0o755) }
            }
            let process = try Spawner.spawn(
                ProcessSpecification(
                    executable: command(port: port)[0], arguments: Array(command(port: port).dropFirst()),
                    environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
                    standardError: .file(directory + "/sshd.log")))
            let log = directory + "/sshd.log"
            let isSettled = await Waiting.until(within: .seconds(10)) {
                TestFiles.read(log).contains(program.readyWords) || process.status != nil
            }
            if isSettled { return process.status == nil ? process : nil }
            _ = await process.end(grace: .zero)
            throw Failure(description: "\(program.rawValue) was not ready after 10 s: " + TestFiles.read(log))
        }

        private func command(port: Int) -> [String] {
            let own =
                switch program {
                case .openSSH: ["-D", "-e", "-f", directory + "/sshd_config"]
                case .dropbear:
                    ["-F", "-E", "-s", "-m", "-p", "127.0.0.1:\(port)", "-P", directory + "/dropbear.pid"]
                        + hostKeys.flatMap { ["-r", "\(directory)/host_\($0)"] } + configuration
                }
            guard shell != nil else { return [program.path] + own }
            let script = "mount --bind \"$0\" /etc/passwd && exec \"$@\""
            return ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, passwd]
                + [program.path] + own
        }

        private func sshdConfiguration(port: Int) -> String {
            (configuration + [
                "Port \(port)", "ListenAddress 127.0.0.1", "PidFile none",
                "AuthorizedKeysFile \(directory)/authorized_keys",
                "StrictModes no", "UsePAM no", "UseDNS no", "PasswordAuthentication no",
                "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "PrintMotd no",
                "LogLevel VERBOSE",
                // The user's own shell start-up files must not slow the tests down or print into them.
                "SetEnv HOME=\(directory)/home",
            ] + hostKeys.map { "HostKey \(directory)/host_\($0)" }).joined(separator: "\n") + "\n"
        }
    }
}
