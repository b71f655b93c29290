import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(
    "Hosts behind hosts and commands", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct ProxyTests {
    @Test("A host is reached through another, and through two; tunnels and commands work there")
    func jumps() async throws {
        try await withServer { outer in
            try await withServer { middle in
                try await withServer { inner in
                    for hops in [[outer], [outer, middle]] {
                        let connection = try await inner.connect(Self.target(inner, behind: hops))
                        #expect(
                            String(buffer: try await connection.execute("echo $SSH_CONNECTION").standardOutput)
                                .contains("127.0.0.1"))
                        #expect(hops.allSatisfy { $0.sessionProcesses > 0 })
                        #expect(try await Self.echoes(connection))
                        await connection.close()
                    }
                    let isOver = await Waiting.until(within: .seconds(5)) {
                        [outer, middle, inner].allSatisfy { $0.sessionProcesses == 0 }
                    }
                    #expect(isOver, "a hop outlived the connection")
                }
            }
        }
    }

    @Test("Much data travels through a jump, both ways at once, and arrives whole")
    func bulk() async throws {
        try await withServer { outer in
            try await withServer { inner in
                let connection = try await inner.connect(Self.target(inner, behind: [outer]))
                let input = ByteBuffer(bytes: (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) })
                let result = try await connection.execute("cat", input: input, outputLimit: 8 << 20)
                #expect(result.standardOutput == input)
                await connection.close()
            }
        }
    }

    @Test("Each hop checks its own host key and its own login, and the error names it")
    func hopErrors() async throws {
        try await withServer { outer in
            try await withServer { inner in
                var unknown = outer.target()
                unknown.knownHosts.files = [inner.knownHosts]
                var target = inner.target()
                target.proxy = .jump(unknown)
                let changed = try await inner.failure(target)
                #expect(changed.code == .hostKeyUnknown)
                #expect(changed.target.contains("\(inner.port) by way of") && changed.target.hasSuffix("\(outer.port)"))
                let stranger = outer.directory + "/stranger"
                try await TestSSHServer.keygen("ed25519", stranger)
                target.proxy = .jump(outer.target(key: stranger))
                #expect(try await inner.failure(target).code == .loginDenied)
                target = Self.target(inner, behind: [outer])
                target.knownHosts.files = [outer.knownHosts]
                let wrong = try await inner.failure(target)
                #expect(wrong.code == .hostKeyUnknown && wrong.target.hasSuffix("\(inner.port)"))
                target = Self.target(inner, behind: [outer])
                target.port = try TestPorts.free()
                let refused = try await inner.failure(target)
                #expect(refused.code == .notConnected && refused.message.contains("could not reach it"), "\(refused)")
            }
        }
    }

    @Test("A hop that dies ends the connection behind it, with the reason")
    func hopDies() async throws {
        try await withServer { outer in
            try await withServer { inner in
                let connection = try await inner.connect(Self.target(inner, behind: [outer]))
                async let end = connection.waitForClose()
                await outer.killSessions()
                #expect(await end?.code == .connectionLost)
                #expect(!connection.isOpen)
            }
        }
    }

    @Test("The key of a host is looked up under its alias, whatever the port")
    func alias() async throws {
        try await withServer { server in
            let file = server.directory + "/alias_known"
            let key = server.knownHostsLine("ed25519").split(separator: " ").dropFirst().joined(separator: " ")
            try TestFiles.write("the-alias \(key)\n", to: file)
            var target = server.target(knownHosts: file)
            #expect(try await server.failure(target).code == .hostKeyUnknown)
            target.hostKeyAlias = "the-alias"
            await (try await server.connect(target)).close()
        }
    }

    @Test("A command is the connection, and ends with it")
    func command() async throws {
        try await withServer { server in
            let mark = server.directory + "/command.pid"
            var target = server.target()
            target.host = "name.that.nobody.resolves.invalid"
            target.hostKeyAlias = "[127.0.0.1]:\(server.port)"
            let line = "/bin/sh -c 'echo $$ >\(mark); exec nc 127.0.0.1 \(server.port)'"
            target.proxy = .command(line, start: TestProxy.start)
            let connection = try await server.connect(target)
            #expect(try await connection.execute("exit 3").status == 3)
            #expect(try await Self.echoes(connection))
            let pid = try #require(Int32(TestFiles.read(mark).split(separator: "\n").joined()))
            #expect(kill(pid, 0) == 0)
            await connection.close()
            #expect(await Waiting.until(within: .seconds(5)) { kill(pid, 0) != 0 }, "the command still runs")
        }
    }

    @Test("A command that fails is quoted with what it said")
    func badCommand() async throws {
        try await withServer { server in
            var target = server.target()
            target.proxy = .command("echo no way >&2; exit 7", start: TestProxy.start)
            let error = try await server.failure(target)
            #expect(error.code == .notConnected && error.message.contains("no way"), "\(error)")
            #expect(error.message.contains("exit status 7"))
            target.proxy = .command("sleep 60", start: TestProxy.start)
            target.timeouts.banner = .milliseconds(300)
            #expect(try await server.failure(target).code == .timedOut)
        }
    }

    @Test("An alias of the configuration leads through its jump hosts")
    func fromConfiguration() async throws {
        try await withServer { outer in
            try await withServer { inner in
                let folder = try ConfigFolder()
                try folder.write(
                    """
                    Host gate
                        HostName 127.0.0.1
                        Port \(outer.port)
                        IdentityFile \(outer.clientKey)
                        UserKnownHostsFile \(outer.knownHosts)
                    Host inner
                        HostName 127.0.0.1
                        Port \(inner.port)
                        IdentityFile \(inner.directory)/not-there
                        IdentityFile \(inner.clientKey)
                        UserKnownHostsFile \(inner.knownHosts)
                        ProxyJump gate
                    """)
                let settings = try folder.config().resolve("inner")
                let connection = try await inner.connect(SSHTarget(settings, startProxy: TestProxy.start))
                #expect(try await connection.execute("true").isSuccess)
                await connection.close()
            }
        }
    }

    /// A target that is reached through other servers, the first of which is the nearest.
    private static func target(_ server: TestSSHServer, behind hops: [TestSSHServer]) -> SSHTarget {
        var target = server.target()
        if let last = hops.last { target.proxy = .jump(Self.target(last, behind: hops.dropLast())) }
        return target
    }

    private static func echoes(_ connection: SSHConnection) async throws -> Bool {
        let peer = try await Peer.start(.echo)
        let tunnel = try await connection.openTunnel(port: peer.port)
        try await tunnel.write(ByteBuffer(string: "hello"))
        tunnel.finishWriting()
        var answer = ""
        for try await bytes in tunnel.inbound { answer += String(buffer: bytes) }
        await tunnel.close()
        await peer.stop()
        return answer == "hello"
    }
}

/// Starts the command of a `ProxyCommand` with a plain shell.
enum TestProxy {
    @Sendable static func start(_ command: String) throws -> SSHProxyProgram {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: "/bin/sh", arguments: ["-c", command],
                environment: ["PATH": "/usr/bin:/bin"], standardInput: .pipe, standardOutput: .pipe,
                standardError: .pipe))
        let complaints = BoundedCapture()
        if let descriptor = child.takeStandardError() { complaints.start(descriptor) }
        guard let input = child.takeStandardInput(), let output = child.takeStandardOutput() else {
            throw TestSSHServer.Failure(description: "no pipes")
        }
        return SSHProxyProgram(input: input, output: output) {
            child.sendToGroup(signal: SIGKILL)
            _ = await child.exit()
            await complaints.stop()
        } verdict: {
            guard let status = await child.exit(within: .seconds(1)), status != .exited(0) else { return nil }
            await complaints.stop()
            return "\(status): \(complaints.output.headText)"
        }
    }
}
