import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@Suite("Uploads", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct UploadTests {
    private func sha256(of file: String) async throws -> String {
        let sum = file + ".sum"
        try await TestSSHServer.run(
            "/bin/sh", ["-c", "sha256sum < \(ShellQuoting.quote(file)) > \(ShellQuoting.quote(sum))"])
        return String(TestFiles.read(sum).prefix(64))
    }

    private func makeFile(_ server: TestSSHServer, size: Int) throws -> String {
        let path = server.directory + "/source-\(size)"
        var generator = SystemRandomNumberGenerator()
        let block = (0..<65_536).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var bytes: [UInt8] = []
        while bytes.count < size { bytes += block.prefix(size - bytes.count) }
        try TestFiles.write(bytes, to: path)
        return path
    }

    private func leftovers(_ server: TestSSHServer, in directory: String) async throws -> String {
        let list = server.directory + "/list"
        try await TestSSHServer.run("/bin/sh", ["-c", "ls -A \(ShellQuoting.quote(directory)) > \(list) 2>&1"])
        return TestFiles.read(list)
    }

    @Test("A file of 32 MB arrives whole, with its mode, under a name that needs quoting", arguments: [0, 33_554_433])
    func whole(size: Int) async throws {
        try await withConnection { server, connection in
            let file = try makeFile(server, size: size)
            let sum = try await sha256(of: file)
            let directory = server.directory + "/it's \"new\"; $HOME"
            let path = directory + "/a b*'c"
            try await connection.upload(file: file, to: path, sha256: sum, mode: 0o750)
            #expect(try await sha256(of: path) == sum)
            let mode = try await connection.execute("stat -c %a \(ShellQuoting.quote(path))")
            #expect(String(buffer: mode.standardOutput) == "750\n")
            #expect(try await leftovers(server, in: directory) == "a b*'c\na b*'c.sum\n")
        }
    }

    @Test("A wrong sum is refused and leaves what was there before")
    func wrongSum() async throws {
        try await withConnection { server, connection in
            let directory = server.directory + "/target"
            let file = try makeFile(server, size: 1_000_000)
            let sum = try await sha256(of: file)
            try await connection.upload(file: file, to: directory + "/file", sha256: sum, mode: 0o600)
            let other = try makeFile(server, size: 1_000_001)
            let error = try await failure {
                try await connection.upload(
                    file: other, to: directory + "/file", sha256: String(repeating: "0", count: 64), mode: 0o600)
            }
            #expect(error.code == .checksumMismatch)
            #expect(error.stage == .transfer)
            #expect(error.message.contains(try await sha256(of: other)))
            #expect(try await leftovers(server, in: directory) == "file\n")
            #expect(try await sha256(of: directory + "/file") == sum)
        }
    }

    @Test("A path that cannot be written is told with the reason, also for a file of many windows")
    func notWritable() async throws {
        try await withConnection { server, connection in
            let file = try makeFile(server, size: 20_000_000)
            let sum = try await sha256(of: file)
            for path in ["/proc/nothing/file", server.clientKey + "/below/a/file"] {
                let error = try await failure {
                    try await connection.upload(file: file, to: path, sha256: sum, mode: 0o600)
                }
                #expect(error.code == .transferFailed)
                #expect(error.stage == .transfer)
                #expect(error.message.contains(path))
            }
            #expect(try await connection.execute("true").isSuccess)
        }
    }

    @Test("A local file that is missing or no file is told before anything is sent")
    func noFile() async throws {
        try await withConnection { server, connection in
            for file in [server.directory + "/missing", server.directory] {
                let error = try await failure {
                    try await connection.upload(file: file, to: "/tmp/never", sha256: "", mode: 0o600)
                }
                #expect(error.code == .transferFailed)
            }
        }
    }

    @Test("An upload that is cut off leaves nothing behind")
    func cutOff() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let file = try makeFile(server, size: 33_554_432)
            let directory = server.directory + "/cut"
            // Awaited at the end of the test.
            let upload = Task {
                try await connection.upload(file: file, to: directory + "/file", sha256: "00", mode: 0o600)
            }
            let began = await Waiting.until(within: .seconds(10)) {
                (try? await leftovers(server, in: directory).contains("part-")) == true
            }
            #expect(began)
            await connection.close()
            _ = try await failure { try await upload.value }
            let isClean = await Waiting.until(within: .seconds(10)) {
                (try? await leftovers(server, in: directory)) == ""
            }
            #expect(isClean)
        }
    }

    @Test("A relative path leads to where the session starts")
    func relative() async throws {
        try await withConnection { server, connection in
            let file = try makeFile(server, size: 10)
            let name = "fleet-upload-test-\(server.port)"
            let sum = try await sha256(of: file)
            try await connection.upload(file: file, to: name, sha256: sum, mode: 0o600)
            let result = try await connection.execute("sha256sum < \(name) && rm \(name)")
            #expect(String(buffer: result.standardOutput).hasPrefix(sum))
        }
    }
}
