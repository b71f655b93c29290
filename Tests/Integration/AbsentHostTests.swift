import Testing

extension Integration {
    /// Hosts that are not there when the run begins: the others do the work, and it is told.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct AbsentHostTests {
        @Test func hostThatHangsIsLeftOut() async throws {
            try await onTwoHosts { lab, run in
                try await lab.must("partition", "h1")
                let suite = SuiteFile.seconds(6)
                let end = try await run.start(on: lab, try run.choice(suite)).end(within: .seconds(120))
                try run.expectAllPassed(suite, end)
                let absent = try run.results.host(lab.address("h1"))
                #expect(!absent.notes.isEmpty, "\(absent)")
                #expect(try end.errors.contains(lab.address("h1")), "a lost host is a warning: \(end)")
            }
        }

        @Test func fewerHostsThanRequiredLeaveTheRunIncomplete() async throws {
            try await onTwoHosts { lab, run in
                let hosts = try Scratch.read(lab.hostsFile) + "fleet@\(lab.address("h2")):9 slots=2\n"
                let file = try run.scratch.write(hosts, to: "hosts.txt")
                let words = try run.choice(.seconds(6)) + ["--require-hosts", "3"]
                let end = try await run.start(on: lab, hosts: file, words).end(within: .seconds(120))
                #expect(end.status == 2, "\(end)")
                #expect(try !run.results.run.complete)
            }
        }

        private func onTwoHosts(_ body: (Lab, CoordinatorRun) async throws -> Void) async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    try await body(lab, try CoordinatorRun(in: scratch))
                    try await lab.expectClean(within: 20)
                }
            }
        }
    }
}
