import FleetTestSupport
import Testing

@testable import FleetSSH

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Our reading of configurations against that of the real OpenSSH, over many files put together by chance.
@Suite("OpenSSH configuration, compared with ssh -G", .enabled(if: access(Oracle.program, X_OK) == 0, "no ssh here"))
struct ConfigOracleTests {
    /// Lines that both read, good ones and bad ones.
    private static let lines = [
        "Host a b", "Host *", "Host !a *", "Host a* !ab", "Host ?", "Host \"a\" c", "Host a,b", "Host=ab",
        "Match all", "Match host a,b user root", "Match originalhost a", "Match !host a", "Match host h1.org",
        "Match user u1", "Match localuser root # us", "Match host=ab", "Match canonical all", "Match !canonical host *",
        "HostName h1.org", "HostName %h.example", "HostName = UPPER.Case", "HostName 50%%", "HostName ::1",
        "Port 2222", "Port=33", "Port = ssh", "PORT\t44", "  User u1", "\tuser \"u 2\"", "User u\\ 3", "User = u4 # x",
        "IdentityFile ~/.ssh/k1", "IdentityFile ~/.ssh/k1", "IdentityFile \"~/k 2\"", "IdentityFile %d/k3",
        "IdentityFile none", "IdentitiesOnly yes", "IdentitiesOnly no", "IdentityAgent none",
        "IdentityAgent $FLEET_SOCKET", "IdentityAgent SSH_AUTH_SOCK", "IdentityAgent ~/agent",
        "UserKnownHostsFile /k/1 /k/2", "UserKnownHostsFile none", "GlobalKnownHostsFile /g/1",
        "StrictHostKeyChecking accept-new", "StrictHostKeyChecking=no", "StrictHostKeyChecking yes",
        "StrictHostKeyChecking off", "StrictHostKeyChecking ask", "HostKeyAlias other", "ProxyJump j1",
        "ProxyJump u@j1:22,[::1]:33", "ProxyJump none", "ProxyJump ssh://q@j5:99", "ProxyJump j3 # jump",
        "ProxyCommand nc %h %p", "ProxyCommand none", "ProxyCommand = nc -X '5' %h %p # y", "IgnoreUnknown Fo*,bar",
        "ForwardAgent yes", "Compression no", "LogLevel DEBUG", "SendEnv LANG LC_*", "ServerAliveInterval 5",
        "ControlMaster auto", "CanonicalizeHostname no", "AddressFamily any", "CheckHostIP no", "# comment", "",
        "Include more", "Include \"mo*\" nothing", "User u5\r", "HostName h2.org \t\r",
    ]
    private static let rare = [
        "Foo 1", "Bar x", "Port 0", "Port 65536", "User", "User a b", "User \"\"", "HostName \"x",
        "IdentitiesOnly maybe",
        "StrictHostKeyChecking sometimes", "Match", "Match all host a", "Match host", "Match nonsense a",
        "ProxyJump u@", "ProxyJump a,,b", "ProxyJump a:b", "UserKnownHostsFile a none", "Host \"\"", "Host",
        "IdentityFile ", "ProxyCommand", "User 'a", "Include", "Baz",
    ]

    /// A small generator, so that a failure can be seen again.
    private struct Chance {
        var state: UInt64
        mutating func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(count))
        }

        mutating func text(mayBeBad: Bool) -> String {
            let count = 1 + next(9)
            return (0..<count).map { _ in
                mayBeBad && next(12) == 0
                    ? ConfigOracleTests.rare[next(ConfigOracleTests.rare.count)]
                    : ConfigOracleTests.lines[next(ConfigOracleTests.lines.count)]
            }.joined(separator: "\n") + "\n"
        }
    }

    @Test("Settings and refusals are those of OpenSSH", .timeLimit(.minutes(2)), arguments: 0..<4)
    func sameAsOpenSSH(part: Int) async throws {
        let folder = try ConfigFolder()
        for seed in (part * 60)..<(part * 60 + 60) {
            var chance = Chance(state: UInt64(seed) &* 7919)
            let main = chance.text(mayBeBad: seed % 3 == 0)
            // Includes are searched below the folder of our user's file, which OpenSSH takes from the account.
            let more = "\(folder.home)/.ssh/"
            let text = main.replacing("Include more", with: "Include \(more)more")
                .replacing("Include \"mo*\" nothing", with: "Include \"\(more)mo*\" \(more)nothing")
            let path = try folder.write(text)
            try folder.write(chance.text(mayBeBad: false).replacing("Include", with: "#"), to: "more")
            for name in ["a", "ab", "c", "Z"] {
                let theirs = try await Oracle.ask(path, name)
                let ours = Self.raw(folder.config(), name)
                let source = "seed \(seed), host \(name):\n\(text)---\n\(TestFiles.read(more + "more"))"
                #expect(ours.faults.isEmpty == (theirs != nil), "\(source)\nours: \(ours.faults)")
                if ours.faults.isEmpty, let theirs { Self.compare(ours.raw, theirs, name, source) }
            }
        }
    }

    /// What our files say before tokens are replaced and hops are looked up: what `ssh -G` prints.
    private static func raw(_ config: SSHConfig, _ name: String) -> (raw: RawHostSettings, faults: [SSHConfigFault]) {
        var resolver = ConfigResolver(
            name: name, localUser: config.surroundings.user, preset: RawHostSettings())
        for file in config.files { resolver.walk(file) }
        return (resolver.raw, config.faults + resolver.faults)
    }

    private static func compare(
        _ ours: RawHostSettings, _ theirs: [String: [String]], _ name: String, _ source: String
    ) {
        func same(_ keyword: String, _ value: String?, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(
                theirs[keyword]?.joined(separator: "|") == value, "\(keyword): \(source)",
                sourceLocation: sourceLocation)
        }
        let host = ours.hostName?.content.replacing("%h", with: name).replacing("%%", with: "%") ?? name
        same("hostname", host.lowercased())
        same("port", "\(ours.port ?? 22)")
        same("user", ours.user?.content ?? TestSSHServer.user)
        same("identitiesonly", ours.identitiesOnly == true ? "yes" : "no")
        same("hostkeyalias", ours.hostKeyAlias?.content)
        // The one path that OpenSSH prints with the home directory of the account in place of `~`.
        let agent = theirs["identityagent"]?.first.map { $0.hasSuffix("/agent") ? "~/agent" : $0 }
        #expect(agent == ours.identityAgent?.content, "\(source)")
        if ours.identityFiles.isEmpty {
            #expect(theirs["identityfile"]?.contains("~/.ssh/id_ed25519") == true, "\(source)")
        } else {
            same("identityfile", ours.identityFiles.map(\.content).joined(separator: "|"))
        }
        let usual = theirs["userknownhostsfile"]?.first { $0.hasSuffix("/.ssh/known_hosts2") }
        same("userknownhostsfile", ours.userKnownHostsFiles?.content.joined(separator: " ") ?? usual)
        same(
            "globalknownhostsfile",
            ours.globalKnownHostsFiles?.content.joined(separator: " ")
                ?? "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2")
        let strict: [StrictChecking: String] = [.yes: "true", .off: "false", .ask: "ask", .acceptNew: "accept-new"]
        same("stricthostkeychecking", strict[ours.strictHostKeyChecking ?? .ask])
        switch ours.proxy?.content {
        case nil, .jump(nil), .command(nil):
            same("proxyjump", nil)
            same("proxycommand", nil)
        case .command(let command?): same("proxycommand", command)
        case .jump(let hops?): same("proxyjump", hops.map(written).joined(separator: ","))
        }
    }

    private static func written(_ hop: JumpHop) -> String {
        let host = hop.host.contains(":") ? "[\(hop.host)]" : hop.host
        return (hop.user.map { $0 + "@" } ?? "") + host + (hop.port.map { ":\($0)" } ?? "")
    }
}
