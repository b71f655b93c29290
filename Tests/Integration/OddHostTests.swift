import Testing

extension Integration {
    /// Hosts that need a word in hosts.txt, a bundle from elsewhere, or nothing at all.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct OddHostTests {
        /// The place that the doctor names works, for an ordinary user, with namespaces of its own and real services.
        @Test func anotherWorkdirServesAHomeThatCannot() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, odd: ["h1=noexec-home"], scratch) { lab in
                    let line = "fleet@\(try lab.address("h1")) identity=\(try identity(lab)) driver=namespace"
                    let file = try scratch.write("\(line) workdir=/var/tmp/of-ours\n", to: "workdir.txt")
                    let run = try CoordinatorRun(in: scratch)
                    let test = ["--suite", "modes/solo", "--filter", "health|minimal"]
                    let end = try await run.start(on: lab, hosts: file, test).end(within: .seconds(120))
                    #expect(end.status == 0, "\(end)")
                    let results = try run.results
                    #expect(!results.tests.isEmpty && results.tests.allSatisfy { $0.outcome == "passed" }, "\(end)")
                    let left = try await lab.run("exec", "h1", "--", "ls", "-A", "/var/tmp/of-ours")
                    #expect(
                        left.output.split(separator: "\n").allSatisfy { ["bundles", "packs"].contains($0) }, "\(left)")
                }
            }
        }

        /// `make bundle` makes what `--bundle` takes: the coordinator alone has no programs for hosts.
        @Test func bundleOfAnotherMachineIsUsed() async throws {
            try await Scratch.with { scratch in
                let tool = "\(Programs.repository)/Tests/Tools/make-bundle"
                let built = Programs.coordinator.split(separator: "/").dropLast().map { "/\($0)" }.joined()
                let made = try await RunningProgram.run([tool, built, scratch.path("bundles")], in: scratch)
                #expect(made.status == 0, "\(made)")
                let alone = try scratch.makeDirectory("alone")
                let copied = try await RunningProgram.run(["cp", Programs.coordinator, alone], in: scratch)
                #expect(copied.status == 0, "\(copied)")
                let hosts = try scratch.write("local workdir=\(scratch.path("work"))\n", to: "hosts.txt")
                let words = ["\(alone)/coordinator", "doctor", "--agents", hosts]
                let without = try await RunningProgram.run(words, in: scratch)
                #expect(without.status == 2 && without.errors.contains("lacks agent"), "\(without)")
                let with = try await RunningProgram.run(words + ["--bundle", scratch.path("bundles")], in: scratch)
                #expect(with.status == 0 && with.output.contains("nothing lacks"), "\(with)")
                let wrong = try await RunningProgram.run(words + ["--bundle", scratch.path("home")], in: scratch)
                #expect(wrong.status == 65 && wrong.errors.contains("make bundle"), "\(wrong)")
            }
        }

        @Test func teardownSendsNothingToAHostThatNeverHadAnything() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 1, scratch) { lab in
                    let words = [Programs.coordinator, "teardown", "--force", "--agents", lab.hostsFile]
                    let end = try await RunningProgram.run(lab.command(words), in: scratch)
                    #expect(end.status == 0 && end.output.contains("clean"), "\(end)")
                    let home = try await lab.run("exec", "h1", "--", "ls", "-A", "/home/fleet")
                    #expect(home.output.isEmpty, "\(home)")

                    // What a dead agent left is still found and removed, and for that the programs are sent.
                    let dead = "umask 077; mkdir -p ~/.cache/provisioning-fleet/sessions/dead-1/attempts"
                    try await lab.must("exec", "h1", "--user", "--", "sh", "-c", dead)
                    let swept = try await RunningProgram.run(lab.command(words), in: scratch)
                    #expect(swept.status == 0 && swept.output.contains("clean"), "\(swept)")
                    let place = "/home/fleet/.cache/provisioning-fleet"
                    let after = try await lab.run("exec", "h1", "--", "ls", "-A", place)
                    #expect(!after.output.contains("sessions") && after.output.contains("bundles"), "\(after)")
                }
            }
        }

        private func identity(_ lab: Lab) throws -> String {
            let line = try Scratch.read(lab.hostsFile).split(separator: "\n").last ?? ""
            let word = try #require(line.split(separator: " ").first { $0.hasPrefix("identity=") })
            return String(word.dropFirst("identity=".count))
        }
    }
}
