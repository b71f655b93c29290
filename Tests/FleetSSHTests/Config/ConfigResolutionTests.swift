import FleetSSH
import FleetTestSupport
import Testing

@Suite("What an OpenSSH configuration says of a host")
struct ConfigResolutionTests {
    @Test("The first value wins, patterns and negations choose, and hosts.txt wins over all")
    func firstWins() async throws {
        let folder = try ConfigFolder()
        let text = """
            Host build-? !build-3
                HostName %h.example.org
                User builder
            Host *
                User nobody
                Port 2022
                HostName ignored
            """
        let build = try folder.resolve(text, "build-1")
        #expect(build.host == "build-1.example.org" && build.user == "builder" && build.port == 2022)
        let other = try folder.resolve(text, "build-3")
        #expect(other.host == "ignored" && other.user == "nobody")
        let named = try folder.resolve(text, "build-1", user: "me", port: 22)
        #expect(named.user == "me" && named.port == 22)
    }

    @Test("Paths get their home, tokens and variables")
    func paths() async throws {
        let folder = try ConfigFolder()
        let text = """
            Host x
                HostName H.org
                User remote
                Port 77
                IdentityFile ~/.ssh/%r@%h
                IdentityFile %d/%u/%n-%p/100%%
                IdentityFile ${KEYS}/k
                UserKnownHostsFile ~/.ssh/known_%k none-of-these
                GlobalKnownHostsFile none
                HostKeyAlias ali
                IdentityAgent ${RUN}/agent
            """
        try folder.write(text.replacing(" none-of-these", with: ""))
        let settings = try folder.config(variables: ["KEYS": "/keys", "RUN": "/run"]).resolve("x")
        #expect(
            settings.identityFiles == [
                "\(folder.home)/.ssh/remote@h.org", "\(folder.home)/\(TestSSHServer.user)/x-77/100%", "/keys/k",
            ])
        #expect(settings.userKnownHostsFiles == ["\(folder.home)/.ssh/known_ali"])
        #expect(settings.globalKnownHostsFiles == [])
        #expect(settings.agent == .socket("/run/agent"))
    }

    @Test("An agent is chosen, switched off, or taken from a variable")
    func agents() async throws {
        let folder = try ConfigFolder()
        let variables = ["MINE": "/tmp/mine"]
        #expect(try folder.resolve("", "x").agent == .environment)
        #expect(try folder.resolve("IdentityAgent SSH_AUTH_SOCK\n", "x").agent == .environment)
        #expect(try folder.resolve("IdentityAgent none\n", "x").agent == .none)
        #expect(try folder.resolve("IdentityAgent $MINE\n", "x", variables: variables).agent == .socket("/tmp/mine"))
        #expect(try folder.resolve("IdentityAgent $OTHER\n", "x", variables: variables).agent == .none)
        #expect(try folder.resolve("IdentityAgent ~/a\n", "x").agent == .socket("\(folder.home)/a"))
    }

    @Test("An include applies where it stands, and its blocks end with it")
    func include() async throws {
        let folder = try ConfigFolder()
        try folder.write("User included\nHost y\n Port 1\n", to: "part-1")
        try folder.write("Port 2\n", to: "part-2")
        let text = "Host x\n Include part-*\n IdentitiesOnly yes\nHost *\n Port 3\n User last\n"
        let one = try folder.resolve(text, "x")
        #expect(one.user == "included" && one.port == 2 && one.identitiesOnly)
        let other = try folder.resolve(text, "y")
        #expect(other.user == "last" && other.port == 3 && !other.identitiesOnly)
    }

    @Test("Each hop of a chain has its own configuration; the chain says where it is reached from")
    func chain() async throws {
        let folder = try ConfigFolder()
        let text = """
            Host target
                ProxyJump first,me@second:2200
            Host first
                HostName gate.example.org
                User gatekeeper
                ProxyJump outer
            Host second
                User unused
                ProxyJump never
            """
        let target = try folder.resolve(text, "target")
        guard case .jump(let second) = target.proxy, case .jump(let first) = second.proxy,
            case .jump(let outer) = first.proxy
        else {
            Issue.record("\(target)")
            return
        }
        #expect(second.host == "second" && second.user == "me" && second.port == 2200)
        #expect(first.host == "gate.example.org" && first.user == "gatekeeper")
        #expect(outer.host == "outer" && outer.proxy == .none)
    }

    @Test("A command is completed, and jump and command exclude each other in the order of the file")
    func commands() async throws {
        let folder = try ConfigFolder()
        let text = "HostName Real\nUser bob\nPort 5\nProxyCommand nc -x %r@%n %h 100%% %p # all of it\n"
        let settings = try folder.resolve(text, "alias")
        #expect(settings.proxy == .command("nc -x bob@alias real 100% 5 # all of it"))
        #expect(try folder.resolve("ProxyCommand none\nProxyJump a\n", "x").proxy == .none)
        #expect(try folder.resolve("ProxyJump none\nProxyCommand a\n", "x").proxy == .command("a"))
        guard case .jump = try folder.resolve("Host x\nProxyJump a\nProxyCommand b\n", "x").proxy else {
            Issue.record("the jump comes first")
            return
        }
    }

    @Test("Host keys: yes and ask refuse unknown ones, accept-new and no take them, changed ones are refused by all")
    func hostKeys() async throws {
        let folder = try ConfigFolder()
        for (word, expected) in [
            ("yes", KnownHostsPolicy.UnknownHost.refuse), ("ask", .refuse),
            ("accept-new", .acceptNew), ("no", .acceptNew), ("off", .acceptNew),
        ] {
            let settings = try folder.resolve("StrictHostKeyChecking \(word)\n", "x")
            #expect(settings.unknownHost == expected)
        }
        let forgetful = try folder.resolve("UserKnownHostsFile /dev/null\nStrictHostKeyChecking no\n", "x")
        let target = SSHTarget(forgetful) { _ in throw TestSSHServer.Failure(description: "no command") }
        #expect(!target.knownHosts.isKept)
        #expect(target.knownHosts.files == ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"])
    }
}
