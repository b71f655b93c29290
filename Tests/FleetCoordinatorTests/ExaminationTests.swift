import FleetModel
import Foundation
import Testing

@testable import FleetCoordinator

/// What a host says of itself, and what that means.
struct ExaminationTests {
    private static let linux = HostPlatform(system: "Linux", machine: "x86_64")

    @Test func answersAreFoundAmongWhatAShellPrints() throws {
        let facts = try #require(
            HostFacts(
                """
                Welcome to fish
                fleet:system=Linux
                fleet:machine=arm64
                fleet:user=ci
                fleet:uid=1000
                fleet:os=Debian GNU/Linux 12 (bookworm)
                fleet:cpus=8
                fleet:memory=2048
                fleet:libc=glibc 2.36
                fleet:lacks-library=libcurl.so.4
                fleet:directory=/home/ci/a=b
                fleet:free=10
                fleet:use=alive sessions/run-1
                fleet:use=dead environments/manual
                fleet:bundle=abc
                """))
        #expect(facts.platform.description == "linux-aarch64")
        #expect(facts.system == "Debian GNU/Linux 12 (bookworm)" && facts.user == "ci" && !facts.isRoot)
        #expect(facts.processors == 8 && facts.memory == 2 << 20 && facts.freeSpace == 10 << 10)
        #expect(facts.glibc == ProgramNeeds.Version("2.36") && facts.missingLibraries == ["libcurl.so.4"])
        #expect(facts.wantedDirectory == "/home/ci/a=b" && facts.directoryProblem == nil && facts.bundles == ["abc"])
        #expect(
            facts.uses == [
                .init(name: "sessions/run-1", isAlive: true), .init(name: "environments/manual", isAlive: false),
            ])
        #expect(HostFacts("This account is currently not available.\n") == nil)
    }

    @Test func nothingIsSaidOfAHostThatHasAll() throws {
        #expect(try findings("").isEmpty)
    }

    @Test(arguments: [
        ("machine=riscv64", "there is no bundle for its CPU (linux-riscv64); run `make bundle` on such a machine"),
        ("system=Darwin", "agents run on Linux only, and this is macos-x86_64; take the host out"),
        ("libc=glibc 2.28", "its glibc is 2.28, but our programs need 2.35 or later; build the bundle on a machine"),
        ("libc=ldd (Debian GLIBC 2.31-13) 2.31", "its glibc is 2.31"),
        ("libc=musl libc (x86_64)", "its C library is “musl libc (x86_64)”, but our programs need glibc"),
        (
            "lacks-library=libcurl.so.4",
            "the library libcurl.so.4, which the agent needs; install with: apt-get install -y libcurl4"
        ),
        ("lacks-program=tar", "it lacks the program tar, which bringing files there needs; install with: apt-get"),
        (
            "problem=make mkdir: cannot create directory '/h': Read-only file system",
            "/h cannot be made: Read-only file system; name another in hosts.txt: workdir=PATH"
        ),
        (
            "problem=own others may write to /h; name a directory of your own below it",
            "/h is not ours alone: others may write to /h; name a directory of your own below it"
        ),
        ("problem=write sh: 3: cannot create /h/.probe: Permission denied", "cannot be written: Permission denied"),
        (
            "problem=write printf: I/O error\nfleet:free=0",
            "cannot be written: no space is left on its disk; free some, or name"
        ),
        (
            "problem=run sh: 9: /h/.probe: Permission denied\nfleet:candidate=/var/tmp/provisioning-fleet-7",
            "no program can be run from the working directory /h (mounted noexec?): Permission denied; name another in hosts.txt: workdir=/var/tmp/provisioning-fleet-7, which can be used there"
        ),
        ("free=1024", "no space: 1.0 MiB are free in /h, but 65.0 MiB are needed; free some"),
    ])
    func obstacleIsASentenceOfWhatWhereAndWhatToDo(line: String, sentence: String) throws {
        let found = try findings(line)
        #expect(found.first?.weight == .unusable)
        #expect(found.first?.sentence.contains(sentence) == true, "\(found.map(\.sentence))")
    }

    @Test func roomForProgramsThatAreThereIsNotAskedFor() throws {
        let enough = (Examination.runRoom >> 10) + 1
        #expect(try findings("free=\(enough)").first?.what.hasPrefix("no space") == true)
        #expect(try findings("free=\(enough)\nfleet:bundle=\(bundle().digest)").isEmpty)
    }

    @Test func whoUsesTheHostIsNamed() throws {
        let found = try findings("use=alive sessions/run-7-1\nfleet:use=dead sessions/run-3-1")
        #expect(found.map(\.weight) == [.note, .note])
        #expect(found[0].sentence == "in use: sessions/run-7-1")
        #expect(found[1].sentence.contains("sessions/run-3-1; remove it with: coordinator teardown"))
    }

    @Test func whatTheAgentSaysOfARunReplacesTheNameOfItsDirectory() {
        var diagnosis = HostDiagnosis(HostSpecification(id: HostID("h"), connection: .local))
        diagnosis.findings = [
            Finding(.note, "in use: sessions/run-7-1"), Finding(.note, "in use: sessions/run-8-1"),
        ]
        let session = SessionReport.Session(run: "run-7", owner: "ann@desk", seconds: 300, slots: 2, tests: ["a/b"])
        diagnosis.take(SessionReport(sessions: [session]))
        #expect(
            diagnosis.findings.map(\.what) == [
                "in use: sessions/run-8-1", "in use: run run-7 of ann@desk for 5 min, with 2 slots and 1 test running",
            ])
        #expect(diagnosis.findings.last?.advice?.contains("agent stop --run run-7") == true)
    }

    private func bundle() throws -> FleetCoordinator.Bundle {
        try TemporaryFolder.with { folder in
            for name in FleetCoordinator.Bundle.programs {
                try folder.write(name, Data(repeating: 7, count: 1 << 19), mode: 0o755)
            }
            var bundle = try FleetCoordinator.Bundle(directory: folder.path)
            bundle.needs = ProgramNeeds(
                machine: "x86_64", libraries: ["libcurl.so.4"], glibc: ProgramNeeds.Version("2.35"))
            return bundle
        }
    }

    /// What is said of a good host whose answers end with other lines.
    private func findings(_ lines: String) throws -> [Finding] {
        let good = """
            fleet:system=Linux
            fleet:machine=x86_64
            fleet:libc=glibc 2.36
            fleet:installer=apt-get
            fleet:wanted=/h
            fleet:directory=/h
            fleet:free=99999999
            """
        let facts = try #require(HostFacts("\(good)\nfleet:\(lines)\n"))
        return Examination(facts: facts, bundles: BundleShelf([Self.linux: try bundle()])).findings
    }
}

/// The clock of a host.
struct HostClockTests {
    @Test func timeOfTheAnswerIsHalfWayOfTheRoundTrip() {
        let clock = HostClock(host: 1003.5, before: 1000, after: 1001)
        #expect(clock.offset == 3 && clock.uncertainty == 0.5 && clock.finding == nil)
    }

    @Test func anHourIsTold() {
        let ahead = HostClock(host: 4600.25, before: 1000, after: 1000.5)
        #expect(ahead.text == "+1 h 00 min")
        #expect(ahead.finding?.weight == .note)
        #expect(ahead.finding?.what == "its clock is 1 h 00 min ahead of ours")
        #expect(ahead.finding?.advice?.contains("no result depends on it") == true)
        let behind = HostClock(host: 400, before: 1000, after: 1000)
        #expect(behind.finding?.what == "its clock is 10 min behind ours" && behind.text == "-10 min")
    }

    @Test func slowAnswerProvesNothing() {
        #expect(HostClock(host: 1009, before: 1000, after: 1018).finding == nil)
        #expect(HostClock(host: 1030, before: 1000, after: 1018).finding != nil)
    }

    @Test(arguments: [
        ("fleet:12.25\n", 12.25), ("hello\nfleet:12.%N\n", 12.5), ("fleet:12.N\n", 12.5), ("fleet:12.\n", 12.5),
    ])
    func everyDateIsRead(output: String, seconds: Double) { #expect(HostClock.seconds(in: output) == seconds) }

    @Test func noNumberIsNoTime() {
        #expect(HostClock.seconds(in: "date: not found\n") == nil)
        #expect(HostClock.seconds(in: "fleet:%s.%N\n") == nil)
    }
}
