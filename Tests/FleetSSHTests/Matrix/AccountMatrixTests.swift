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

/// What administrators and users do to an account. The table is in docs/SECURITY.md.
@Suite("Matrix: accounts and limits", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(3)))
struct AccountMatrixTests {
    static let programs = KeyMatrixTests.programs

    @Test("MaxSessions 1: commands wait for each other, tunnels do not count")
    func maxSessions() async throws {
        try await withConnection(configuration: ["MaxSessions 1"]) { _, connection in
            #expect(try await connection.execute("echo one").isSuccess)
            #expect(try await connection.execute("echo two").isSuccess)
            let peer = try await Peer.start(.echo)
            async let slow = connection.execute("sleep 1")
            let tunnels = try await [connection.openTunnel(port: peer.port), connection.openTunnel(port: peer.port)]
            for tunnel in tunnels { await tunnel.close() }
            #expect(try await slow.isSuccess)
            await peer.stop()
        }
    }

    @Test("MaxSessions 1: commands that are asked for at once run one after the other, and none is refused")
    func maxSessionsQueue() async throws {
        try await withConnection(configuration: ["MaxSessions 1"]) { server, connection in
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 0..<12 {
                    // Two at once would find the directory of the other.
                    let command = "cd '\(server.home)' && mkdir alone && sleep 0.05 && rmdir alone && exit \(number)"
                    group.addTask { try await connection.execute(command).status }
                }
                let statuses = try await group.reduce(into: Set()) { $0.insert($1) }
                #expect(statuses == Set((0..<12).map { $0 }))
            }
        }
    }

    /// How many the server drops by chance depends on how busy the machine is; whoever was dropped comes back.
    @Test("Sixty sessions at once to a server with default limits: all get in, and few had to come back")
    func maxStartups() async throws {
        try await withServer { server in
            try await connectAtOnce(60, server)
            let dropped = server.log.split(separator: "\n").count { $0.contains("drop connection") }
            #expect(dropped <= 6, "\(dropped) of 60 were dropped")
        }
    }

    @Test(
        "Twenty sessions at once to dropbear, which lets five of an address log in at a time",
        .enabled(if: programs.contains(.dropbear), "no dropbear here"))
    func manyOnDropbear() async throws {
        try await withServer(.dropbear) { try await connectAtOnce(20, $0) }
    }

    private func connectAtOnce(_ count: Int, _ server: TestSSHServer) async throws {
        try await withThrowingTaskGroup(of: SSHConnection.self) { group in
            for _ in 0..<count { group.addTask { try await server.connect() } }
            // They stay until the last one is in.
            let all = try await group.reduce(into: []) { $0.append($1) }
            #expect(all.count == count)
            for connection in all { await connection.close() }
        }
    }

    @Test("Forwarding forbidden has an error of its own, and commands still run", arguments: programs)
    func forwardingForbidden(program: TestSSHServer.Program) async throws {
        let line = program == .openSSH ? "AllowTcpForwarding no" : "-j"
        try await withConnection(program, configuration: [line]) { _, connection in
            let error = try await failure { _ = try await connection.openTunnel(port: 9) }
            #expect(error.code == .forwardingForbidden, "\(error)")
            #expect(try await connection.execute("true").isSuccess)
        }
    }

    @Test("A banner before the login changes nothing", arguments: programs)
    func banner(program: TestSSHServer.Program) async throws {
        let directory = try TestFiles.makeDirectory(prefix: "fleet-banner")
        defer { TestFiles.remove(directory) }
        let file = directory + "/banner"
        // Larger than dropbear takes, with what a terminal would obey.
        try TestFiles.write(String(repeating: "No entry!\u{1b}[2J\r\n", count: 100), to: file, mode: 0o644)
        let configuration = program == .openSSH ? ["Banner \(file)"] : ["-b", file]
        try await withConnection(program, configuration: configuration) { _, connection in
            let result = try await connection.execute("echo fine")
            #expect(result.standardOutput == ByteBuffer(string: "fine\n"))
        }
    }

    @Test(
        "A shell's start-up file that prints on both streams is no error",
        .enabled(if: TestSSHServer.canHaveShells, "needs root"))
    func startUpFile() async throws {
        try await withConnection(shell: "/bin/bash") { server, connection in
            try AtomicFile.write(Array("echo noise; echo more >&2\n".utf8), to: "\(server.home)/.bashrc")
            let result = try await connection.execute("echo wanted")
            #expect(String(buffer: result.standardOutput) == "noise\nwanted\n")
            #expect(String(buffer: result.standardError) == "more\n")
            try await upload(server, connection)
        }
    }

    @Test("fish as login shell", .enabled(if: canFish, "no fish, or not root"), arguments: programs)
    func fish(program: TestSSHServer.Program) async throws {
        try await withConnection(program, shell: "/usr/bin/fish") { server, connection in
            #expect(try await connection.execute("echo $FISH_VERSION").standardOutput.readableBytes > 1)
            let inner = "printf '%s|' 'it'\\''s' 'a\\\\b' '\\' \"$0\""
            let result = try await connection.execute("exec /bin/sh -c \(ShellQuoting.quote(inner)) '$x'")
            #expect(String(buffer: result.standardOutput) == "it's|a\\\\b|\\|$x|")
            try await upload(server, connection, name: "it's a \\ b")
        }
    }

    private static let canFish = TestSSHServer.canHaveShells && access("/usr/bin/fish", X_OK) == 0

    @Test(
        "nologin as login shell: nothing runs, and its words are told",
        .enabled(if: TestSSHServer.canHaveShells, "needs root"))
    func noLogin() async throws {
        try await withConnection(shell: "/usr/sbin/nologin") { server, connection in
            let result = try await connection.execute("echo fine")
            #expect(result.status == 1)
            #expect(String(buffer: result.standardOutput).contains("not available"))
            let error = try await failure { try await upload(server, connection) }
            #expect(error.code == .transferFailed)
            #expect(error.message.contains("This account is currently not available"), "\(error)")
            #expect(error.advice.contains("login shell"))
        }
    }

    @Test(
        "nologin on dropbear is a refused login",
        .enabled(if: programs.contains(.dropbear), "no dropbear here"))
    func noLoginOnDropbear() async throws {
        try await withServer(.dropbear, shell: "/usr/sbin/nologin") { server in
            let error = try await server.failure(server.target())
            #expect(error.code == .loginDenied)
        }
    }

    @Test("ForceCommand: an upload notices that something else ran, even when that succeeds", arguments: programs)
    func forceCommand(program: TestSSHServer.Program) async throws {
        let configuration = program == .openSSH ? ["ForceCommand echo forced"] : ["-c", "echo forced"]
        try await withConnection(program, configuration: configuration) { server, connection in
            let result = try await connection.execute("echo wanted")
            #expect(String(buffer: result.standardOutput) == "forced\n")
            let error = try await failure { try await upload(server, connection) }
            #expect(error.code == .transferFailed)
            #expect(error.message.contains("\"forced\""), "\(error)")
            #expect(error.advice.contains("ForceCommand"))
        }
    }

    @Test(
        "The key that docs/SECURITY.md recommends: commands, uploads and tunnels to loopback, nothing else",
        arguments: [true, false])
    func restrictedKey(allows: Bool) async throws {
        let peer = try await Peer.start(.echo)
        let place = allows ? "127.0.0.1:*" : "127.0.0.1:1"
        try await withConnection(
            authorizedOptions: "restrict,port-forwarding,permitopen=\"\(place)\""
        ) { server, connection in
            try await upload(server, connection)
            if allows {
                let tunnel = try await connection.openTunnel(port: peer.port)
                try await tunnel.write(ByteBuffer(string: "hello"))
                var pieces = tunnel.inbound.makeAsyncIterator()
                #expect(try await pieces.next() == ByteBuffer(string: "hello"))
                await tunnel.close()
            } else {
                let error = try await failure { _ = try await connection.openTunnel(port: peer.port) }
                #expect(error.code == .forwardingForbidden)
                #expect(error.advice.contains("permitopen"))
            }
        }
        await peer.stop()
    }

    private func upload(_ server: TestSSHServer, _ connection: SSHConnection, name: String = "copy") async throws {
        let file = try server.file("data", "data")
        let sum = try await server.sha256(file)
        try await connection.upload(file: file, to: "\(server.home)/\(name)", sha256: sum, mode: 0o600)
        #expect(try AtomicFile.read("\(server.home)/\(name)") == Array("data".utf8))
    }
}
