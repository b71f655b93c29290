import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// Keys as people have them: in an ssh-agent, or behind a passphrase.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct KeyTests {
        private static let passphrase = "a-secret-of-this-test"

        @Test func passphraseIsAskedForOnTheTerminalAndShownNowhere() async throws {
            try await onOneHost { lab, scratch, run, key in
                let hosts = try hosts(lab, scratch, identity: key)
                let suite = try run.choice(.seconds(2))
                // Wrong at first: nothing may be sent with it.
                let words = ["wrong", Self.passphrase].flatMap { ["--answer", $0] }
                let command = lab.command(run.words(["--agents", hosts] + suite))
                let end = try await RunningProgram.run(
                    ["python3", "-c", Self.typist] + words + ["--"] + command, in: scratch,
                    variables: ["XDG_STATE_HOME": run.stateDirectory], within: .seconds(90))
                #expect(end.status == 0, "\(end)")
                #expect(end.output.contains("Passphrase for \(key): "), "\(end)")
                #expect(end.output.contains("That was wrong. Passphrase for \(key): "), "\(end)")
                #expect(!end.output.contains(Self.passphrase), "the terminal must not echo it")
                let found = try await RunningProgram.run(
                    ["grep", "-rlF", Self.passphrase, run.stateDirectory, run.outputDirectory, run.htmlFile],
                    in: scratch)
                #expect(found.status == 1, "it was written down: \(found)")
            }
        }

        @Test func lockedKeyWithoutTerminalNamesTheAgent() async throws {
            try await onOneHost { lab, scratch, run, key in
                let hosts = try hosts(lab, scratch, identity: key)
                let end = try await run.start(on: lab, hosts: hosts, try run.choice(.seconds(2)))
                    .end(within: .seconds(60))
                #expect(end.status == 2, "\(end)")
                #expect(end.errors.contains("ssh-add \(key)"), "\(end)")
            }
        }

        @Test func keyOfTheAgentNeedsNoFile() async throws {
            try await onOneHost { lab, scratch, run, key in
                let socket = scratch.path("agent")
                let agent = try RunningProgram.start(["ssh-agent", "-D", "-a", socket], in: scratch)
                try await eventually(within: .seconds(10), "the agent listens") {
                    access(socket, F_OK) == 0
                }
                let variables = ["SSH_AUTH_SOCK": socket, "XDG_STATE_HOME": run.stateDirectory]
                try await changePassphrase(of: key, from: Self.passphrase, to: "", scratch)
                let added = try await RunningProgram.run(["ssh-add", "-q", key], in: scratch, variables: variables)
                #expect(added.status == 0, "\(added)")
                // Nothing but the public half is left.
                let removed = try await RunningProgram.run(["rm", key], in: scratch)
                #expect(removed.status == 0)
                let suite = SuiteFile.seconds(2)
                let hosts = try hosts(lab, scratch, identity: key + ".pub")
                let program = try RunningProgram.start(
                    lab.command(run.words(["--agents", hosts] + (try run.choice(suite)))), in: scratch,
                    variables: variables)
                try run.expectAllPassed(suite, try await program.end(within: .seconds(90)))
                agent.send(signal: 15)
                _ = try await agent.end(within: .seconds(10))
            }
        }

        /// Lends a lab and a copy of its key that has the passphrase.
        private func onOneHost(_ body: (Lab, Scratch, CoordinatorRun, String) async throws -> Void) async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 1, scratch) { lab in
                    let text = try Scratch.read(lab.hostsFile)
                    let own = try #require(text.firstMatch(of: /identity=(\S+)/)).output.1
                    let key = scratch.path("locked")
                    let copied = try await RunningProgram.run(
                        ["sh", "-c", "cp '\(own)' '\(key)' && ssh-keygen -y -f '\(key)' > '\(key).pub'"], in: scratch)
                    #expect(copied.status == 0, "\(copied)")
                    try await changePassphrase(of: key, from: "", to: Self.passphrase, scratch)
                    try await body(lab, scratch, try CoordinatorRun(in: scratch), key)
                    try await lab.expectClean(within: 20)
                }
            }
        }

        private func changePassphrase(
            of key: String, from old: String, to new: String, _ scratch: Scratch
        ) async throws {
            let changed = try await RunningProgram.run(
                ["ssh-keygen", "-q", "-p", "-P", old, "-N", new, "-f", key], in: scratch)
            #expect(changed.status == 0, "\(changed)")
        }

        private func hosts(_ lab: Lab, _ scratch: Scratch, identity: String) throws -> String {
            let text = try Scratch.read(lab.hostsFile)
            return try scratch.write(text.replacing(/identity=\S+/, with: "identity=\(identity)"), to: "hosts.txt")
        }

        /// Runs a program on a terminal of its own, answers its questions, and prints what the terminal showed.
        private static let typist = """
            import os, pty, sys
            words = sys.argv[1:]
            answers = []
            while words[0] == "--answer":
                answers.append(words[1].encode())
                words = words[2:]
            child, terminal = pty.fork()
            if child == 0:
                os.execvp(words[1], words[1:])
            shown = b""
            asked = 0
            while True:
                try:
                    piece = os.read(terminal, 65536)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
                if answers and shown.count(b"Passphrase for") > asked:
                    asked += 1
                    os.write(terminal, answers.pop(0) + b"\\n")
            sys.stdout.buffer.write(shown)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
    }
}
