import Testing

extension Integration {
    /// Host keys: an unknown or changed one is refused unless the user said otherwise.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct TrustTests {
        @Test func changedHostKeyIsRefused() async throws {
            try await onTwoHosts { lab, scratch, run in
                let known = try Scratch.read(knownHosts(of: lab)).split(separator: "\n").map(String.init)
                // h1 presents its own key where the file has that of h2.
                let key = try #require(known.last?.split(separator: " ").last)
                let home = try home("\(lab.address("h1")) ssh-ed25519 \(key)\n\(known[1])\n", scratch)
                let end = try await finish(run, lab, home)
                #expect(end.status == 0, "the other host does the work: \(end)")
                #expect(end.errors.contains("SHA256:"), "\(end)")
                #expect(try run.results.host(lab.address("h1")).notes.contains { $0.contains("key") })
                #expect(try run.results.tests.flatMap(\.attempts).allSatisfy { !$0.host.hasSuffix(".11") })
            }
        }

        @Test func unknownHostKeyIsRefusedWithTheLineToAdd() async throws {
            try await onTwoHosts { lab, scratch, run in
                let end = try await finish(run, lab, try home("", scratch))
                #expect(end.status == 2, "\(end)")
                let known = try Scratch.read(knownHosts(of: lab)).split(separator: "\n")
                #expect(known.allSatisfy { end.errors.contains($0) }, "\(end)")
            }
        }

        @Test func newHostKeyIsAcceptedWhenTheUserSaysSo() async throws {
            try await onTwoHosts { lab, scratch, run in
                let home = try home("", scratch)
                let end = try await finish(run, lab, home, ["--host-key", "accept-new"])
                #expect(end.status == 0, "\(end)")
                let known = try Scratch.read("\(home)/.ssh/known_hosts")
                #expect(try known.contains(lab.address("h1")) && known.contains(lab.address("h2")))
            }
        }

        @Test func privateKeyThatTheHostsDoNotKnow() async throws {
            try await onTwoHosts { lab, scratch, run in
                let key = scratch.path("stranger")
                let made = try await RunningProgram.run(
                    ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], in: scratch)
                #expect(made.status == 0, "\(made)")
                let text = try Scratch.read(lab.hostsFile)
                let hosts = try scratch.write(text.replacing(/identity=\S+/, with: "identity=\(key)"), to: "hosts.txt")
                let program = try run.start(on: lab, hosts: hosts, try run.choice(.seconds(2)))
                let end = try await program.end(within: .seconds(90))
                #expect(end.status == 2, "\(end)")
                #expect(end.errors.contains(key), "\(end)")
            }
        }

        private func onTwoHosts(_ body: (Lab, Scratch, CoordinatorRun) async throws -> Void) async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    try await body(lab, scratch, try CoordinatorRun(in: scratch))
                    try await lab.expectClean(within: 20)
                }
            }
        }

        private func finish(
            _ run: CoordinatorRun, _ lab: Lab, _ home: String, _ more: [String] = []
        ) async throws -> RunningProgram.End {
            try await run.start(on: lab, home: home, try run.choice(.seconds(4)) + more).end(within: .seconds(90))
        }

        private func knownHosts(of lab: Lab) -> String { lab.hostsFile.replacing("hosts.txt", with: "known_hosts") }

        /// A home directory with these known hosts.
        private func home(_ knownHosts: String, _ scratch: Scratch) throws -> String {
            try scratch.makeDirectory("other-home/.ssh")
            try scratch.write(knownHosts, to: "other-home/.ssh/known_hosts")
            return scratch.path("other-home")
        }
    }
}
