import FleetModel
import FleetProtocol
import FleetScheduling
import Foundation
import Testing

@testable import FleetCoordinator

@Suite struct PreparationTests {
    private func prepare(_ hosts: String, parallel: Int? = nil) throws -> Preparation {
        try TemporaryFolder.with { folder in
            var options = RunOptions()
            options.agentsFile = try folder.write("hosts.txt", hosts)
            options.parallel = parallel
            let tests = (1...6).map { "  - {id: suite/test-\($0), command: [\"true\"]}" }.joined(separator: "\n")
            options.choice.suiteFiles = [try folder.write("suite.yaml", "tests:\n\(tests)\n")]
            return try Preparation(options)
        }
    }

    @Test func slotsAreSharedEquallyByTheLanesOfAHost() throws {
        let preparation = try prepare("local slots=6 environments=3\n")
        #expect(preparation.lanes.map(\.workers) == [2, 2, 2])
        #expect(preparation.slots(of: preparation.hosts[0]) == 6)
    }

    /// The agent runs what it is given as far as its slots go, so the cap must reach it.
    @Test func parallelCapsTheWorkersOfEachLaneAndTheSlotsOfTheAgent() throws {
        let preparation = try prepare("local slots=6 environments=2\nnode-2 slots=1\n", parallel: 2)
        #expect(preparation.lanes.map(\.workers) == [2, 2, 1])
        #expect(preparation.hosts.map(preparation.slots) == [4, 1])
    }

    @Test func everyTestIsPlannedOnce() throws {
        let preparation = try prepare("node-1 slots=2\nnode-2\n")
        let planned = preparation.plan.lanes.flatMap { $0.shards.flatMap(\.tests) }
        #expect(planned.sorted() == preparation.tests.map(\.id))
        #expect(preparation.plan.unplaced.isEmpty)
    }

    @Test func copiesForOtherModesHaveTheFilesOfTheirTest() throws {
        try TemporaryFolder.with { folder in
            try folder.write("run.sh", "true")
            let text = "files: [run.sh]\ntests:\n- {id: a/b, command: [./run.sh], modes: [cicd, solo]}\n"
            var options = RunOptions()
            options.choice.suiteFiles = [try folder.write("suite.yaml", text)]
            options.choice.takesAllModes = true
            options.choice.filter = "@cicd"
            var preparation = try Preparation(options)
            try preparation.pack(into: folder.path)
            let copy = try #require(preparation.tests.first)
            #expect(preparation.tests.count == 1 && copy.id.description == "a/b@cicd" && copy.homeMode == .cicd)
            if case .command(let command) = copy.kind {
                #expect(command.pack == preparation.packs.first?.sha256 && command.pack != nil)
            } else {
                Issue.record("a command test stays one")
            }
            #expect(options.command.hasSuffix(" --all-modes"))
        }
    }

    /// What one runs again must be what one ran.
    @Test func theCommandRepeatsWhatDecidesHowTestsEnd() {
        var options = RunOptions()
        (options.configurationFile, options.strictServices) = ("my config.yaml", true)
        (options.acceptsNewHostKeys, options.skipsSetup) = (true, true)
        #expect(
            options.command
                == "coordinator run --local 1 --config 'my config.yaml' --strict-services --host-key accept-new --skip-setup"
        )
    }

    @Test func whatIsTestedIsWhatTheConfigurationSays() throws {
        var options = RunOptions()
        #expect(try Preparation(options).tested == "reference platform 0.1, built in")
        options.platformPrograms = "/p"
        #expect(try Preparation(options).tested == "reference platform 0.1, built in, beside the programs of /p")
        var backing = BackingSettings(kind: .external)
        backing.properties["url"] = "http://there"
        options.configuration.environment.services["orchestrator"] = ServiceSettings(
            backings: [backing, BackingSettings(kind: .builtin)])
        #expect(
            try Preparation(options).tested
                == "the platform at http://there, or else reference platform 0.1, built in")
    }

    @Test func aRunThatEndedEarlyHasNotPassed() throws {
        let preparation = try prepare("local\n")
        var record = RunRecord()
        record.apply(.at(0, .begun(preparation.begun(command: "coordinator run"))))
        for test in preparation.tests { record.apply(.at(1, .settled(test.id, .passed))) }
        let options = RunOptions()
        #expect(preparation.status(record.report, interruption: nil, options) == .passed)
        #expect(preparation.status(record.report, interruption: "only 1 host took part", options) == .incomplete)
        #expect(preparation.status(nil, interruption: nil, options) == .incomplete)
    }

    @Test func everyRunHasANameOfItsOwn() throws {
        #expect(try prepare("local\n").run != prepare("local\n").run)
    }

    /// A test that fits into no line could never be offered to an agent, and the run would never end.
    @Test func aTestThatFitsIntoNoLineIsRefused() throws {
        try TemporaryFolder.with { folder in
            let value = String(repeating: "x", count: 100_000)
            let text = "tests:\n  - {id: suite/big, command: [\"true\"], env: {A: \(value)}}\n"
            var options = RunOptions()
            options.choice.suiteFiles = [try folder.write("suite.yaml", text)]
            let error = #expect(throws: InputErrors.self) { try Preparation(options) }
            #expect(error?.errors.first?.line == 2)
        }
    }
}
