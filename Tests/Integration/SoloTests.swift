import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// The main job: `modes/solo` over SSH on four hosts, one of which lacks the services.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct SoloTests {
        @Test func allEightPassOnFourHosts() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(scratch) { lab in
                    let run = try CoordinatorRun(in: scratch)
                    let end = try await run.start(on: lab, ["--suite", "modes/solo"]).end(within: .seconds(240))
                    #expect(end.status == 0, "\(end)")
                    try await lab.expectClean(within: 30)
                    try await run.expectValidReports()
                    let results = try run.results
                    #expect(results.tests.count == 8)
                    #expect(results.tests.allSatisfy { $0.outcome == "passed" && $0.suite == "modes/solo" })
                    #expect(results.hosts.count == 4)
                    #expect(results.run.tested.contains("reference platform"))
                    for name in Set(results.tests.flatMap(\.attempts).map(\.host)) {
                        let host = try results.host(name)
                        #expect(Set(host.services.map(\.name)).isSuperset(of: ["orchestrator", "dns", "registry"]))
                        #expect(host.services.allSatisfy { !$0.version.isEmpty })
                    }
                    try expectTheBareHostIsTold(results, try lab.address("h4"))
                    #expect(try run.junit.ids.sorted() == results.tests.map(\.id).sorted())
                    #expect(end.output.contains("reference platform"), "\(end)")
                }
            }
        }

        /// What `make run` does once everything is built, with the tests of two suites; `make run` itself takes all 140.
        @Test func theCommandOfTheReadmeDoesIt() async throws {
            try await Scratch.with { scratch in
                let place = try scratch.makeDirectory("run")
                let program = "\(Programs.repository)/Tests/Tools/run-over-lab"
                let name = "readme-\(getpid())"
                let choice = ["--suite", "modes/solo", "--suite", "modes/cicd"]
                let end = try await RunningProgram.run(
                    [program, try #require(Programs.directory), place, name] + choice, in: scratch,
                    within: .seconds(240))
                #expect(end.status == 0, "\(end)")
                #expect(try Scratch.read("\(place)/hosts.txt").contains("slots="))
                let results = try TestResults.read(in: "\(place)/reports")
                let listed = try await RunningProgram.run([Programs.coordinator, "list"] + choice, in: scratch)
                let all = Set(listed.output.split(separator: "\n").compactMap { $0.split(separator: "\t").first })
                #expect(Set(results.tests.map { Substring($0.id) }) == all)
                #expect(results.tests.allSatisfy { $0.outcome == "passed" })
                #expect(Scratch.exists("\(place)/report.html") && end.output.contains("\(place)/report.html"))
            }
        }

        /// The host without knot and docker-registry takes no test of the mode, and the report says why.
        private func expectTheBareHostIsTold(_ results: TestResults, _ address: String) throws {
            let bare = try results.host(address)
            #expect(bare.notes.contains { $0.contains("knot") }, "\(bare)")
            let onBare = results.tests.flatMap(\.attempts).filter { $0.host == bare.name && $0.outcome == "passed" }
            #expect(onBare.isEmpty, "\(onBare)")
        }

        /// On one host the agent that is started again does the rest; on three (one is bare) the other may help. There are
        /// enough tests that the host still has some to do when its agent is killed.
        @Test(arguments: [1, 3])
        func killedAgentLeavesNoEnvironment(hosts: Int) async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: hosts, scratch) { lab in
                    let run = try CoordinatorRun(in: scratch)
                    let suites = ["modes/solo", "services/dns"]
                    let program = try run.start(on: lab, suites.flatMap { ["--suite", $0] })
                    try await run.waitUntilStarted(on: try lab.address("h1"), of: program, within: .seconds(120))
                    try await lab.must("kill", "h1", "agent")
                    let end = try await program.end(within: .seconds(240))
                    #expect(end.status == 0, "\(end)")
                    let results = try run.results
                    #expect(Set(results.tests.map(\.suite)) == Set(suites))
                    #expect(results.tests.allSatisfy { $0.outcome == "passed" }, "\(results.tests)")
                    try await lab.expectClean(within: 30)
                }
            }
        }
    }
}
