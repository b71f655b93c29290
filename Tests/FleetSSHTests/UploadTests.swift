import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@Suite("Uploads", .enabled(if: TestSSHServer.isInstalled, "no sshd here"), .timeLimit(.minutes(2)))
struct UploadTests {
    private static let size = 32 * 1024 * 1024

    /// A file of random bytes in the server's directory, and its SHA-256.
    private func makeFile(_ server: TestSSHServer, size: Int) async throws -> (path: String, sha256: String) {
        let path = try server.file("random")
        try await TestSSHServer.run("sh", ["-c", "head -c \(size) /dev/urandom > \(path)"])
        return (path, try await sha256(path))
    }

    private func sha256(_ path: String) async throws -> String {
        String(try await TestSSHServer.run("sha256sum", [path]).prefix(64))
    }

    /// The names in a directory, as `ls -A` lists them.
    private func names(_ path: String) async throws -> [String] {
        try await TestSSHServer.run("ls", ["-A", path]).split(separator: "\n").map(String.init)
    }

    @Test("32 MB arrive whole, with their mode, in a directory that is made", arguments: [0, 1, 65_537, size])
    func arrives(size: Int) async throws {
        try await withConnection { server, connection in
            let file = try await makeFile(server, size: size)
            let target = "\(server.directory)/new/it's a \"target\""
            try await connection.upload(file: file.path, to: target, sha256: file.sha256.uppercased(), mode: 0o755)
            #expect(try await sha256(target) == file.sha256)
            #expect(try await TestSSHServer.run("stat", ["-c", "%a %s", target]) == "755 \(size)\n")
            #expect(try await names("\(server.directory)/new").count == 1)
        }
    }

    @Test("A wrong hash is refused, and what was there before stays")
    func wrongHash() async throws {
        try await withConnection { server, connection in
            let file = try await makeFile(server, size: 1_000_000)
            let folder = "\(server.directory)/new"
            try PrivateDirectory.ensure(folder)
            try AtomicFile.write(Array("old".utf8), to: "\(folder)/kept")
            let wrong = String(repeating: "0", count: 64)
            for name in ["fresh", "kept"] {
                let error = try await sshError {
                    try await connection.upload(file: file.path, to: "\(folder)/\(name)", sha256: wrong, mode: 0o644)
                }
                #expect(error.code == .checksumMismatch)
                #expect(error.stage == .transfer)
                #expect(error.message.contains(file.sha256) && error.message.contains(wrong))
            }
            #expect(try await names(folder) == ["kept"])
            #expect(try AtomicFile.read("\(folder)/kept") == Array("old".utf8))
        }
    }

    @Test("A target that cannot be written is named, with the words of the other machine")
    func cannotWrite() async throws {
        try await withConnection { server, connection in
            let file = try await makeFile(server, size: 1_000_000)
            for target in ["\(file.path)/below", server.home, "/proc/nothing/here"] {
                let error = try await within(.seconds(30), target) {
                    try await sshError {
                        try await connection.upload(file: file.path, to: target, sha256: file.sha256, mode: 0o644)
                    }
                }
                #expect(error.code == .transferFailed)
                #expect(error.message.contains(target), "\(error)")
            }
            #expect(try await names(server.home) == [])
        }
    }

    @Test("A local file that cannot be read is an error before anything is sent")
    func noFile() async throws {
        try await withConnection { server, connection in
            for path in ["\(server.directory)/missing", server.home] {
                let error = try await sshError {
                    try await connection.upload(file: path, to: "\(server.home)/x", sha256: "", mode: 0o644)
                }
                #expect(error.code == .transferFailed)
                #expect(error.message.contains(path))
            }
            #expect(try await names(server.home) == [])
        }
    }

    @Test("An upload that is cancelled or cut off returns at once and leaves nothing at the target")
    func interrupted() async throws {
        try await withServer { server in
            let file = try await makeFile(server, size: Self.size)
            let folder = "\(server.directory)/new"
            try PrivateDirectory.ensure(folder)
            // The relay stands still when the script has begun: so the upload is surely in its middle.
            for isCancelled in [true, false] {
                try await withRelay(to: server.port) { relay, line in
                    var target = server.target(knownHosts: try server.file("new-hosts"), accepting: .acceptNew)
                    target.port = line.port
                    let connection = try await connect(target)
                    // Awaited below.
                    let task = Task {
                        try await connection.upload(
                            file: file.path, to: "\(folder)/target", sha256: file.sha256, mode: 0o644)
                    }
                    let begun = await Waiting.until(within: .seconds(10)) {
                        (try? await names(folder))?.isEmpty == false
                    }
                    #expect(begun)
                    relay.freeze()
                    if isCancelled { task.cancel() } else { line.cut() }
                    let error = try await within(.seconds(15), "ending") { try await sshError { try await task.value } }
                    #expect(error.code == (isCancelled ? .cancelled : .connectionLost), "\(error)")
                    await connection.close()
                }
                #expect(await Waiting.until(within: .seconds(5)) { (try? await names(folder)) == [] })
            }
        }
    }
}
