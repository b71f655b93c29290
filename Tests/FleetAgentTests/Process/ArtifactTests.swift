import FleetModel
import FleetProtocol
import FleetSystem
import Foundation
import Testing

@testable import FleetAgent

@Suite("Packs and artifacts of a real agent", .serialized)
struct ArtifactTests {
    private func fetch(_ path: String, of attempt: Int, on client: TestCoordinator) async throws -> Data {
        try await client.send(.fetch(Message.Fetch(attempt: AttemptID(rawValue: attempt), path: path)))
        var chunks: [Message.Chunk] {
            client.messages.compactMap { message in
                if case .chunk(let chunk) = message, chunk.path == path { chunk } else { nil }
            }
        }
        _ = await Waiting.until(within: .seconds(20)) { chunks.last?.isLast == true }
        var data = Data()
        for chunk in chunks {
            #expect(chunk.offset == data.count)
            data += try #require(Data(base64Encoded: chunk.data))
        }
        return data
    }

    @Test("files that match are kept, described and sent in pieces")
    func kept() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let shell = """
                mkdir -p out/deep; echo hello > out/a.log; : > out/empty.log; echo no > out/b.txt
                head -c 1500000 /dev/zero > out/deep/big.log; ln -s /etc/passwd out/link.log; mkfifo out/pipe.log
                """
            let result = try await client.run(1, shell, artifacts: ["out/**/*.log"])
            #expect(result.outcome == .passed)
            #expect(result.artifacts.map(\.path).sorted() == ["out/a.log", "out/deep/big.log", "out/empty.log"])
            let small = try #require(result.artifacts.first { $0.path == "out/a.log" })
            #expect(small.sha256 == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
            let files = try await TestCoordinator.greeted(agent, purpose: .artifacts)
            #expect(try await fetch("out/a.log", of: 1, on: files) == Data("hello\n".utf8))
            #expect(try await fetch("out/empty.log", of: 1, on: files).isEmpty)
            #expect(try await fetch("out/deep/big.log", of: 1, on: files).count == 1_500_000)
            try await files.send(.fetch(Message.Fetch(attempt: AttemptID(rawValue: 1), path: "out/b.txt")))
            _ = try await files.first { if case .error = $0 { true } else { false } }
            #expect(files.errorCodes == ["unknown-file"])
        }
    }

    @Test("artifacts that are too big are named, not sent")
    func tooBig() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let result = try await client.run(1, "truncate -s 20M big.bin; echo x > small.bin", artifacts: ["*.bin"])
            #expect(result.artifacts.map(\.path) == ["small.bin"])
            #expect(result.message == "artifacts left out: big.bin (20 MiB, limit 16 MiB)")
        }
    }

    @Test("names and rights that nobody expects cost no other artifact, and nothing of them stays")
    func strange() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let shell = """
                mkdir closed; echo x > closed/in.log; chmod 0 closed; echo x > "$(printf 'odd\\377.log')"
                echo x > locked.log; chmod 0 locked.log; echo x > good.log
                python3 -Ssc "import os
                for _ in range(3000): os.mkdir('d'); os.chdir('d')"
                """
            let result = try await client.run(1, shell, artifacts: ["**/*.log"])
            #expect(Set(result.artifacts.map(\.path)).isSuperset(of: ["good.log", "locked.log"]), "\(result)")
            #expect(result.message?.contains("a file whose name is no UTF-8") == true)
            #expect(
                await Waiting.until(within: .seconds(5)) {
                    (try? DirectoryTree.names(in: agent.layout.attempts)) == []
                })
        }
    }

    @Test("a link in the place of the working directory leads nowhere")
    func replacedDirectory() async throws {
        try await TestAgent.with { agent in
            let victim = "\(agent.workdir)/victim"
            try PrivateDirectory.ensure(victim)
            try AtomicFile.write("keep".utf8, to: "\(victim)/file.log")
            let client = try await TestCoordinator.greeted(agent)
            let shell = "cd ..; mv work away; ln -s \(victim) work"
            let result = try await client.run(1, shell, artifacts: ["**"])
            #expect(result.artifacts.isEmpty)
            #expect(result.message?.contains("working directory was replaced") == true)
            #expect(try AtomicFile.read("\(victim)/file.log") == Array("keep".utf8))
        }
    }

    @Test("a pack becomes a private, writable copy for each attempt")
    func packs() async throws {
        try await TestAgent.with { agent in
            let digest = try await pack(
                agent,
                "mkdir bin; printf '#!/bin/sh\\ncat data.txt\\n' > bin/run.sh; chmod +x bin/run.sh; echo one > data.txt"
            )
            let client = try await TestCoordinator.greeted(agent)
            let first = try await client.run(1, "bin/run.sh && echo two > data.txt && bin/run.sh") { $0.pack = digest }
            #expect(first.output.head == "one\ntwo\n", "\(first)")
            let second = try await client.run(2, "") {
                $0.pack = digest
                $0.command = .arguments(["bin/run.sh"])
            }
            #expect(second.output.head == "one\n", "\(second)")
            let missing = try await client.run(3, "true") { $0.pack = String(repeating: "0", count: 64) }
            #expect(missing.outcome == .notRun)
            #expect(missing.cause == .host)
        }
    }

    @Test("a pack that wants to climb out of its directory is not unpacked")
    func hostilePack() async throws {
        try await TestAgent.with { agent in
            let script = "echo x > evil; tar --create --file pack.tar --absolute-names --transform 's,^,../../,' evil"
            let digest = try await pack(agent, script, makesTar: true)
            let client = try await TestCoordinator.greeted(agent)
            let result = try await client.run(1, "true") { $0.pack = digest }
            #expect(result.outcome == .notRun)
            #expect(result.message?.contains("cannot be unpacked") == true)
            #expect(!FileManager.default.fileExists(atPath: "\(agent.layout.session)/evil"))
        }
    }

    /// Runs a script in a new directory and puts what it made where the coordinator would push it.
    private func pack(_ agent: TestAgent, _ script: String, makesTar: Bool = false) async throws -> String {
        let directory = "\(agent.workdir)/making"
        try PrivateDirectory.ensure(directory)
        defer { _ = DirectoryTree.remove(directory) }
        let line = makesTar ? script : "\(script); tar --create --file pack.tar --exclude pack.tar *"
        let shell = try Spawner.spawn(
            ProcessSpecification(executable: "sh", arguments: ["-c", line], workingDirectory: directory))
        #expect(await shell.exit(within: .seconds(20))?.isSuccess == true)
        let (digest, _) = try FileDigest.sha256(of: "\(directory)/pack.tar")
        try FileManager.default.moveItem(atPath: "\(directory)/pack.tar", toPath: "\(agent.layout.packs)/\(digest).tar")
        return digest
    }
}
