import FleetSystem
import Foundation
import Testing

@testable import FleetAgent

@Suite("Only what is ours is ever removed below a working directory")
struct OurDirectoryTests {
    private func with(_ body: (String) async throws -> Void) async throws {
        try await withWorkdir("ours", body)
    }

    private func make(_ directory: String, _ files: [String: mode_t] = [:], mode: mode_t = 0o700) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (name, mode) in files {
            try AtomicFile.write("theirs".utf8, to: "\(directory)/\(name)", mode: UInt32(mode))
        }
        #expect(chmod(directory, mode) == 0)
    }

    @Test("folders of others with the names of ours outlive every sweep and an agent")
    func strangers() async throws {
        try await with { workdir in
            let theirs = [
                "sessions/build-12", "sessions/2024-11", "sessions/notes", "environments/production",
                "environments/python", "environments/empty",
            ]
            try make("\(workdir)/sessions/build-12", ["log": 0o644, "artifacts": 0o644], mode: 0o755)
            try make("\(workdir)/sessions/2024-11", ["report.pdf": 0o600])
            try make("\(workdir)/sessions/notes", ["lock": 0o600])
            try make("\(workdir)/environments/production", ["state.json": 0o600, "main.tf": 0o600])
            try make("\(workdir)/environments/python", ["lock": 0o644, "pyvenv.cfg": 0o644], mode: 0o755)
            try make("\(workdir)/environments/empty", mode: 0o755)
            let before = try Set(theirs.map { try DirectoryTree.names(in: "\(workdir)/\($0)") })
            let options = ["--run", "fresh", "--epoch", "1", "--workdir", workdir, "--grace", "1"]
            let end = try await TestAgent.run(["serve"] + options, input: String(repeating: "ab", count: 32) + "\n")
            #expect(end.status == .exited(0), "\(end)")
            for words in [["sweep"], ["sweep", "--kept"], ["sweep", "--all"]] {
                let swept = try await TestAgent.run(words + ["--workdir", workdir])
                #expect(swept.status == .exited(0), "\(swept)")
            }
            #expect(access("\(workdir)/sessions/fresh-1", F_OK) != 0)
            let after = try Set(theirs.map { try DirectoryTree.names(in: "\(workdir)/\($0)") })
            #expect(after == before)
            let down = try await TestAgent.run(
                ["environment", "down", "--name", "production", "--workdir", workdir])
            #expect(down.status == .exited(1) && down.errors.contains("there is no environment"), "\(down)")
            let up = try await TestAgent.run(["environment", "up", "--name", "production", "--workdir", workdir])
            #expect(up.status == .exited(1) && up.errors.contains("not ours"), "\(up)")
            #expect(access("\(workdir)/environments/production/main.tf", F_OK) == 0)
        }
    }

    @Test("what dead agents of ours left goes, also when they were killed before they held a lock, or while it went")
    func crashed() async throws {
        try await with { workdir in
            try make("\(workdir)/sessions/run-1-1")
            try make("\(workdir)/sessions/run-2-1", ["configuration.json": 0o600, "configuration.json.7.1.tmp": 0o600])
            try make("\(workdir)/sessions/run-3-2", ["lock": 0o600, "core": 0o644])
            try make("\(workdir)/sessions/run-4-1", ["spool": 0o600])
            try make("\(workdir)/environments/made")
            try make("\(workdir)/environments/locked", ["lock": 0o600, "log": 0o644])
            #expect(await Sweep(workdir: workdir).sweep(.dead).isEmpty)
            for folder in ["sessions", "environments"] {
                #expect(try DirectoryTree.names(in: "\(workdir)/\(folder)").isEmpty)
            }
        }
    }

    @Test("a working directory to which others may write is refused, and none loses rights")
    func rights() async throws {
        try await with { workdir in
            for (mode, status) in [(0o1777, 74), (0o775, 74), (0o755, 0)] as [(mode_t, Int32)] {
                try make(workdir, ["somebody's": 0o644], mode: mode)
                let options = ["--run", "r\(mode)", "--epoch", "1", "--workdir", workdir, "--grace", "1"]
                let end = try await TestAgent.run(
                    ["serve"] + options, input: String(repeating: "ab", count: 32) + "\n")
                #expect(end.status == .exited(status), "\(end)")
                let says = end.errors.contains("others may write to \(workdir); name a directory of your own below it")
                #expect(says == (status != 0), "\(end)")
                if says {
                    let kept = try await TestAgent.run(["environment", "up", "--workdir", workdir])
                    #expect(kept.status == .exited(1) && kept.errors.contains("others may write"), "\(kept)")
                }
                #expect(try FileFacts(of: workdir).permissions == Int(mode & 0o777))
            }
            let swept = try await TestAgent.run(["sweep", "--workdir", workdir, "--all"])
            #expect(swept.status == .exited(0), "\(swept)")
        }
    }

    @Test("nothing is swept beside a launch: who gets no turn is told")
    func turn() async throws {
        try await with { workdir in
            let sweep = Sweep(workdir: workdir)
            let lock = try await sweep.turn()
            let busy = await #expect(throws: Sweep.Busy.self) {
                _ = try await sweep.turn(within: .milliseconds(100))
            }
            #expect(busy?.description.contains("cleaning up in \(workdir) for 0.1 s; try again") == true)
            lock.release()
            try await sweep.turn(within: .milliseconds(100)).release()
        }
    }

    @Test("a directory that is there is taken only when it is ours and nobody else may write, and keeps its mode")
    func directoriesOfOurs() async throws {
        try await with { directory in
            let path = "\(directory)/one/two"
            try WorkingDirectory.ensure(path)
            #expect(try FileFacts(of: path).permissions == 0o700)
            chmod(path, 0o755)
            try WorkingDirectory.ensure(path)
            #expect(try FileFacts(of: path).permissions == 0o755, "its owner wants it so")
            for mode in [0o1777, 0o775, 0o757] as [mode_t] {
                chmod(path, mode)
                #expect(throws: WorkingDirectory.OpenToOthers(path: path)) { try WorkingDirectory.ensure(path) }
                #expect(try FileFacts(of: path).permissions == Int(mode & 0o777), "a refusal changes nothing")
            }
            chmod(path, 0o755)
            symlink(path, "\(directory)/link")
            #expect(throws: PrivateDirectoryError.notADirectory(path: "\(directory)/link")) {
                try WorkingDirectory.ensure("\(directory)/link")
            }
            if geteuid() == 0 {
                chown(path, 65534, 65534)
                #expect(throws: PrivateDirectoryError.foreign(path: path, owner: 65534)) {
                    try WorkingDirectory.ensure(path)
                }
            }
        }
    }
}
