import FleetSSH
import FleetSystem
import FleetTestSupport
import Foundation
import NIOCore
import Testing

@Suite("Servers and machines that are unusual", .enabled(if: TestSSHServer.isAvailable, "no sshd here"))
struct UnusualServerTests {
    @Test("A name with several addresses is tried at each")
    func localhost() async throws {
        try await withServer { server in
            var target = server.target(knownHosts: try server.file("new"), accepting: .acceptNew)
            target.host = "localhost"
            let connection = try await connect(target)
            #expect(try await connection.execute("true").isSuccess)
            await connection.close()
        }
    }

    @Test(
        "A server that has nothing in common with this side is told what it offers and what to add",
        .enabled(if: isOldLibrary, "this libssh2 can do all of it"),
        arguments: [
            ("MACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com", "no MAC", "hmac-sha2-256 to MACs"),
            ("Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com", "no cipher", "aes256-ctr to Ciphers"),
            ("KexAlgorithms sntrup761x25519-sha512@openssh.com", "no key exchange", "curve25519-sha256"),
        ])
    func nothingInCommon(line: String, message: String, advice: String) async throws {
        try await withServer(configuration: [line]) { server in
            let error = try await connectionFailure(server.target())
            #expect(error.code == .nothingInCommon)
            #expect(error.stage == .keyExchange)
            #expect(error.message.contains(message), "\(error)")
            #expect(error.message.contains(line.split(separator: " ")[1].split(separator: ",")[0]), "\(error)")
            #expect(error.advice.contains(advice), "\(error)")
        }
    }

    @Test("A host that has an RSA key alone is told to make another", .enabled(if: isOldLibrary, "it can do RSA"))
    func hostWithRSAOnly() async throws {
        try await withServer(hostKeys: ["rsa"]) { server in
            let error = try await connectionFailure(server.target())
            #expect(error.code == .nothingInCommon)
            #expect(error.message.contains("no kind of host key (it offers only rsa-sha2-512, rsa-sha2-256)"))
            #expect(error.advice.contains("ssh-keygen -A"))
        }
    }

    @Test("A line in a start-up file of the shell stands before the command's output, and is no error")
    func noisyShell() async throws {
        try await withConnection { server, connection in
            let noise = "echo noise; echo more noise >&2\n"
            try AtomicFile.write(Array(noise.utf8), to: "\(server.home)/.bashrc")
            let result = try await connection.execute("echo wanted")
            #expect(result.isSuccess)
            #expect(String(buffer: result.standardOutput).hasSuffix("wanted\n"))
            let file = try server.file("data", "data")
            let sum = try await server.sha256(file)
            try await connection.upload(file: file, to: "\(server.home)/copy", sha256: sum, mode: 0o600)
            #expect(try AtomicFile.read("\(server.home)/copy") == Array("data".utf8))
        }
    }

    @Test("An upload that is cancelled or cut off returns at once and leaves nothing at the target")
    func interrupted() async throws {
        try await withServer { server in
            let path = try server.file("random")
            try await TestSSHServer.run("/bin/sh", ["-c", "head -c 33554432 /dev/urandom > \(path)"])
            let sum = try await server.sha256(path)
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
                            file: path, to: "\(folder)/target", sha256: sum, mode: 0o644)
                    }
                    let begun = await Waiting.until(within: .seconds(10)) {
                        !names(folder).isEmpty
                    }
                    #expect(begun)
                    relay.freeze()
                    if isCancelled { task.cancel() } else { line.cut() }
                    let error = try await within(.seconds(15), "ending") { try await sshError { try await task.value } }
                    #expect(error.code == (isCancelled ? .cancelled : .connectionLost), "\(error)")
                    await connection.close()
                }
                #expect(await Waiting.until(within: .seconds(5)) { names(folder).isEmpty })
            }
        }
    }

    /// What is in a directory.
    private func names(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }

    @Test("A file is not put into a directory that has its name")
    func uploadOntoDirectory() async throws {
        try await withConnection { server, connection in
            let file = try server.file("data", "data")
            let sum = try await server.sha256(file)
            let error = try await sshError {
                try await connection.upload(file: file, to: server.home, sha256: sum, mode: 0o600)
            }
            #expect(error.code == .transferFailed)
            #expect(error.message.contains("is a directory"))
            #expect(names(server.home).isEmpty)
        }
    }
}
