import FleetTestSupport
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Integration {
    /// `coordinator doctor`, and `run` on hosts that lack something.
    @Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.notBuilt))
    struct DoctorTests {
        @Test(.enabled(Programs.noLab, Programs.canRunInLab))
        func everyOddHostGetsItsSentence() async throws {
            let odd = [
                "h1=fast-clock", "h2=noexec-home", "h3=readonly-home", "h4=full-home", "h5=foreign-cpu", "h6=old-libc",
                "h7=no-libcurl",
            ]
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 8, odd: odd, scratch) { lab in
                    let end = try await doctor(lab.hostsFile, on: lab, scratch)
                    #expect(end.status == 2, "\(end)")
                    let hosts = try Diagnoses.read(end.output)
                    #expect(hosts.map(\.state) == ["ready"] + Array(repeating: "unusable", count: 6) + ["lacks"])
                    let sentences: [[String]] = [
                        ["its clock is 1 h 00 min ahead of ours", "no result depends on it"],
                        ["no program can be run from the working directory", "noexec", "workdir=/var/tmp/"],
                        ["cannot be made", "Read-only file system", "workdir=/var/tmp/"],
                        ["no space is left", "workdir=/var/tmp/"],
                        ["there is no bundle for its CPU (linux-riscv64)", "make bundle", "--bundle DIR"],
                        ["its glibc is 2.28, but our programs need 2."],
                        ["lacks the library libcurl.so.4", "sudo apt-get install -y libcurl4"],
                        [
                            "the mode solo lacks", "knotd",
                            "sudo apt-get install -y docker-registry knot postgresql prometheus",
                        ],
                    ]
                    for (host, words) in zip(hosts, sentences) {
                        for word in words { #expect(host.text.contains(word), "\(host.name): \(host.text)") }
                    }
                    try await ordinary(hosts[0])
                    try await runSaysTheSame(lab, sentences, scratch)
                    // A doctor leaves nothing but the cache of bundles.
                    let clean = try await lab.run("clean", "all", "--wait", "5")
                    #expect(!clean.output.contains("file: ") && !clean.output.contains("process: "), "\(clean)")
                }
            }
        }

        /// What is known of a host on which nothing lacks.
        private func ordinary(_ host: Diagnoses.Host) async throws {
            #expect(host.user == "fleet" && host.forwarding == "allowed")
            #expect((host.processors ?? 0) >= 1 && (host.memory ?? 0) > 1 << 28 && (host.freeSpace ?? 0) > 1 << 26)
            #expect(abs((host.clock?.offset ?? 0) - 3600) < 1 && (host.clock?.uncertainty ?? 9) < 1)
            #expect(host.modes?.map(\.mode) == ["solo", "multiuser", "cicd", "enterprise"])
            #expect(host.modes?.allSatisfy(\.lacks.isEmpty) == true)
            // Not root, and still able to make namespaces: the unprivileged way. Containers are the machine's affair.
            #expect(host.drivers?.prefix(2) == ["namespace", "process"])
        }

        /// A run uses the hosts that can be used and says of the others what the doctor says.
        private func runSaysTheSame(_ lab: Lab, _ sentences: [[String]], _ scratch: Scratch) async throws {
            let run = try CoordinatorRun(in: scratch)
            let suite = SuiteFile.seconds(4)
            let end = try await run.start(on: lab, try run.choice(suite)).end(within: .seconds(120))
            try run.expectAllPassed(suite, end)
            let results = try run.results
            for (host, words) in zip(results.hosts, sentences).dropFirst().prefix(6) {
                let notes = host.notes.joined(separator: "\n")
                for word in words where !word.contains("sudo") {
                    #expect(notes.contains(word), "\(host.name): \(notes)")
                }
            }
        }

        @Test(.enabled(Programs.noLab, Programs.canRunInLab))
        func installRunsTheCommandAndLooksAgain() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    // Without sudo there is no way: the failure is shown, and nothing has changed.
                    try await lab.must("exec", "h2", "--", "rm", "-f", "/usr/bin/sudo")
                    let failed = try await doctor(lab.hostsFile, on: lab, scratch, json: false, "--install")
                    #expect(failed.status == 2, "\(failed)")
                    #expect(failed.output.contains("status 127"), "\(failed)")
                    #expect(failed.output.contains("sudo: not found"), "\(failed)")

                    // The host's own sudo and apt-get are the machine's; these bring what the packages would.
                    try await lab.must("exec", "h2", "--", "chmod", "777", "/usr/local/sbin")
                    let tools = [
                        "sudo": #"[ "$1" = -n ] || exit 9; shift; exec "$@""#,
                        "apt-get": #"echo "$@" >>/tmp/asked; for p in knotd knotc kzonecheck keymgr docker-registry "#
                            + #"sshd postgres initdb pg_ctl psql prometheus git; do cp /bin/true /usr/local/sbin/$p; done"#,
                    ]
                    for (name, text) in tools {
                        let script =
                            "printf '#!/bin/sh\\n%s\\n' '\(text)' >/usr/local/bin/\(name) && "
                            + "chmod 755 /usr/local/bin/\(name)"
                        try await lab.must("exec", "h2", "--", "sh", "-c", script)
                    }
                    let silent = try await doctor(lab.hostsFile, on: lab, scratch, json: false)
                    #expect(silent.status == 2, "\(silent)")
                    let nobodyAsked = try await lab.run("exec", "h2", "--", "cat", "/tmp/asked")
                    #expect(nobodyAsked.status != 0, "installed without being told to: \(nobodyAsked)")
                    let mended = try await doctor(lab.hostsFile, on: lab, scratch, json: false, "--install")
                    #expect(mended.status == 0, "\(mended)")
                    let asked = try await lab.run("exec", "h2", "--", "cat", "/tmp/asked")
                    #expect(asked.output == "install -y docker-registry knot postgresql prometheus\n", "\(asked)")
                }
            }
        }

        @Test(.enabled(Programs.noLab, Programs.canRunInLab))
        func whoUsesAHostIsTold() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 1, scratch) { lab in
                    let run = try CoordinatorRun(in: scratch)
                    let suite = SuiteFile(tests: [.init(id: "load/long", command: "sleep 8")])
                    let program = try run.start(on: lab, try run.choice(suite))
                    try await eventually(within: .seconds(30), "the doctor sees the test: \(program.errorsSoFar)") {
                        let end = try await doctor(lab.hostsFile, on: lab, scratch)
                        return try Diagnoses.read(end.output).first?.text.contains("1 test running") == true
                    }
                    #expect(try await program.end(within: .seconds(60)).status == 0)
                }
            }
        }

        @Test func whoCannotBeReachedIsToldByStage() async throws {
            try await Scratch.with { scratch in
                let server = try await TestSSHServer.start()
                let stranger = scratch.path("stranger")
                try await TestSSHServer.keygen("ed25519", stranger)
                let silent = try LoopbackPort()
                defer { silent.close() }
                let file = try scratch.write(
                    """
                    \(TestSSHServer.user)@127.0.0.1:\(server.port) identity=\(server.clientKey)
                    nobody@nowhere.invalid identity=\(stranger)
                    nobody@127.0.0.1:\(silent.number) identity=\(stranger)
                    """, to: "hosts.txt")
                let end = try await doctor(file, on: nil, scratch)
                await server.stop()
                #expect(end.status == 2, "\(end)")
                let hosts = try Diagnoses.read(end.output)
                #expect(hosts.map(\.state) == ["unreachable", "unreachable", "unreachable"])
                #expect(hosts.map(\.failedStage) == ["host key", "resolve", "banner"])
            }
        }

        @Test func thisMachineIsAHostToo() async throws {
            try await Scratch.with { scratch in
                let file = try scratch.write("local workdir=\(scratch.path("work"))\n", to: "hosts.txt")
                let end = try await doctor(file, on: nil, scratch)
                let hosts = try Diagnoses.read(end.output)
                #expect(end.status == 0, "\(end)")
                #expect(hosts.map(\.state) == ["ready"] && hosts.first?.forwarding == "not needed", "\(end)")
                let text = try await doctor(file, on: nil, scratch, json: false)
                #expect(text.output.contains("1 host: nothing lacks"), "\(text)")
            }
        }

        @Test func badInputIsRefused() async throws {
            try await Scratch.with { scratch in
                let file = try scratch.write("local slots=0\n", to: "hosts.txt")
                #expect(try await doctor(file, on: nil, scratch).status == 65)
                #expect(try await doctor(scratch.path("none"), on: nil, scratch).status == 65)
                let usage = try await RunningProgram.run([Programs.coordinator, "doctor"], in: scratch)
                #expect(usage.status == 64, "\(usage)")
            }
        }

        private func doctor(
            _ file: String, on lab: Lab?, _ scratch: Scratch, json: Bool = true, _ flags: String...
        ) async throws -> RunningProgram.End {
            let words = [Programs.coordinator, "doctor", "--agents", file] + (json ? ["--json"] : []) + flags
            return try await RunningProgram.run(lab?.command(words) ?? words, in: scratch, within: .seconds(120))
        }
    }
}

/// What `doctor --json` prints.
struct Diagnoses: Decodable {
    struct Host: Decodable {
        struct Clock: Decodable {
            var offset: Double
            var uncertainty: Double
        }

        struct Mode: Decodable {
            var mode: String
            var lacks: [String]
        }

        struct Finding: Decodable {
            var weight: String
            var what: String
            var advice: String?
        }

        var name: String
        var state: String
        var failedStage: String?
        var user: String?
        var forwarding: String?
        var processors: Int?
        var memory: Int?
        var freeSpace: Int?
        var clock: Clock?
        var drivers: [String]?
        var modes: [Mode]?
        var findings: [Finding]
        var mend: String?

        /// Everything that is said of it.
        var text: String {
            (findings.map { "\($0.what); \($0.advice ?? "")" } + [mend ?? ""]).joined(separator: "\n")
        }
    }

    var schema: Int
    var hosts: [Host]

    static func read(_ text: String) throws -> [Host] {
        let found = try JSONDecoder().decode(Diagnoses.self, from: Data(text.utf8))
        #expect(found.schema == 1)
        return found.hosts
    }
}
