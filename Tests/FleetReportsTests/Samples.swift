import FleetModel

/// Runs for the tests of the reports: an ordinary mixed one, a hostile one, a big one.
enum Samples {
    static func id(_ text: String) throws -> TestID { try required(TestID(text), "\(text) is no test id") }

    static func run(exit: Int = 0, complete: Bool = true, tested: String = "reference platform 0.1, built in") throws
        -> RunReport.Run
    {
        RunReport.Run(
            id: try required(RunID(rawValue: "20260704-101500-a1b2"), "a run id"), exit: exit, complete: complete,
            started: "2026-07-04T10:15:00Z", seconds: 43.217, tested: tested)
    }

    static let services = [
        ServiceInfo(name: "orchestrator", backing: .builtin, version: "reference platform 0.1", readySeconds: 0.31),
        ServiceInfo(name: "dns", backing: .native, version: "knot 3.2.6", readySeconds: 0.12),
        ServiceInfo(name: "registry", backing: .native, version: "docker-registry 2.8.2", readySeconds: 0.2),
    ]

    static func host(_ name: String, slots: Int = 2, lost: Bool = false, notes: [String] = []) -> RunReport.Host {
        RunReport.Host(name: HostID(name), slots: slots, lost: lost, services: services, notes: notes)
    }

    static func start(_ seconds: Double) -> String {
        let milliseconds = Int(seconds * 1000)
        func padded(_ value: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(value)".count)) + "\(value)"
        }
        let minute = 15 + milliseconds / 60_000
        let clock = "\(padded(10 + minute / 60, 2)):\(padded(minute % 60, 2)):\(padded(milliseconds / 1000 % 60, 2))"
        return "2026-07-04T\(clock).\(padded(milliseconds % 1000, 3))Z"
    }

    static func attempt(
        _ host: String, slot: Int = 0, at seconds: Double = 1, counted: Bool = true, _ result: AttemptResult
    ) -> RunReport.Attempt {
        RunReport.Attempt(
            host: HostID(host), lane: 0, slot: slot, epoch: Epoch(rawValue: 1), start: start(seconds),
            counted: counted, result: result)
    }

    static func test(
        _ name: String, _ title: String, mode: Mode? = .solo, _ outcome: Outcome, cause: Cause = .test,
        _ attempts: [RunReport.Attempt]
    ) throws -> RunReport.Test {
        RunReport.Test(
            id: try id(name), title: title, mode: mode, outcome: outcome, cause: cause, attempts: attempts,
            rerun: "coordinator run --agents hosts.txt --filter '^\(name)$'")
    }

    static let failure = AttemptResult(
        outcome: .failed, seconds: 3.21, message: "The server has no A record",
        failure: Failure(
            message: "The server has no A record", expected: "web-01.provisioning.local. A 127.64.0.12",
            actual: "web-01.provisioning.local. A 127.64.0.21",
            file: "Sources/FleetSuites/Modes/Solo/ServerDeployment.swift", line: 87),
        output: BoundedText(head: "creating server web-01\ntask t-17 accepted\ntask t-17 completed after 0.8 s\n"),
        artifacts: [
            Artifact(path: "out/dig answer.txt", size: 812, sha256: String(repeating: "ab", count: 32))
        ],
        serviceLogs: [
            ServiceLog(
                service: "dns", text: BoundedText(head: "knotd: info: [provisioning.local.] update processed\n")),
            ServiceLog(
                service: "orchestrator",
                text: BoundedText(head: "level=info task=t-17 state=completed\nlevel=warning dns update took 0.7 s\n")),
        ])

    /// A run with every outcome, a lost host, a retry and a fenced attempt.
    static func mixed() throws -> RunReport {
        let passed = AttemptResult(outcome: .passed, seconds: 1.5, output: BoundedText(head: "3 services answer\n"))
        let lostAttempt = AttemptResult(
            outcome: .notRun, cause: .host, seconds: 0, message: "lab-3 was lost while the test ran")
        let tests = [
            try test("modes/solo/admin-permissions", "Admin permissions", .passed, [attempt("lab-1", at: 0.9, passed)]),
            try test(
                "modes/solo/extension-loading", "Extension loading from OCI", .passed,
                [
                    attempt("lab-3", at: 0.5, counted: false, lostAttempt),
                    attempt("lab-2", slot: 1, at: 12.5, passed),
                    attempt("lab-3", at: 12.7, counted: false, passed),
                ]),
            try test(
                "modes/solo/minimal-services", "Minimal services running", .passed, [attempt("lab-1", at: 2.5, passed)]),
            try test(
                "modes/solo/no-multi-user-services", "No multi-user services", .crashed,
                [
                    attempt(
                        "lab-1", slot: 1, at: 3,
                        AttemptResult(
                            outcome: .crashed, seconds: 0.42, message: "It ended by signal 11 (SIGSEGV)",
                            output: BoundedText(head: "probing port 3000\n")))
                ]),
            try test(
                "modes/solo/server-deployment", "Server deployment with DNS registration", .failed,
                [attempt("lab-2", at: 1.2, failure), attempt("lab-2", at: 5, failure)]),
            try test(
                "modes/solo/single-user-operations", "Single-user operations (no auth)", .flaky,
                [attempt("lab-4", at: 1, failure), attempt("lab-4", at: 6, passed)]),
            try test(
                "modes/solo/taskserv-installation", "Taskserv installation", .timeout,
                [
                    attempt(
                        "lab-4", slot: 1, at: 2,
                        AttemptResult(
                            outcome: .timeout, seconds: 30, message: "It ran past its limit of 30 s and was killed",
                            output: BoundedText(
                                head: "waiting for the task\n", tail: "still waiting\n", cutBytes: 81_234)))
                ]),
            try test(
                "modes/solo/workspace-creation", "Workspace creation", .noInterface,
                [
                    attempt(
                        "lab-4", at: 8,
                        AttemptResult(
                            outcome: .noInterface, seconds: 0.1, message: "Interface not found at /api/v1/workspaces"))
                ]),
            try test(
                "smoke/never-started", "Needs a mode that no host has", mode: .enterprise, .notRun, cause: .host, []),
            try test(
                "smoke/skips-itself", "Skips itself", mode: nil, .skipped,
                [
                    attempt(
                        "lab-1", at: 9, AttemptResult(outcome: .skipped, seconds: 0.02, message: "no IPv6 on this host")
                    )
                ]),
        ]
        let hosts = [
            host("lab-1"), host("lab-2"),
            host(
                "lab-3", lost: true,
                notes: ["Its agent stopped answering 4.1 s into the run.", "1 attempt ran again on lab-2."]),
            host("lab-4"),
        ]
        return RunReport(run: try run(exit: 1), hosts: hosts, tests: tests)
    }

    /// A run in which everything passed.
    static func green() throws -> RunReport {
        let names = ["minimal-services", "single-user-operations", "workspace-creation", "admin-permissions"]
        let tests = try names.enumerated().map { number, name in
            try test(
                "modes/solo/\(name)", "Title of \(name)", .passed,
                [attempt("lab-\(number % 2 + 1)", at: Double(number), AttemptResult(outcome: .passed, seconds: 1.25))])
        }
        return RunReport(
            run: try run(), hosts: [host("lab-1"), host("lab-2")],
            tests: tests.sorted { $0.id < $1.id })
    }

    /// Text that tries to break out of every format.
    static let hostile =
        "</script><script>window.broken=1</script><!-- ]]> --> \u{1B}[31mred\u{1B}[0m \u{1B}]0;title\u{07} \u{9B}2J "
        + "\u{00}\u{08}\u{7F}\u{FFFE}\u{FFFF} \u{202E}gnp.exe a\rb\r\nc\t\u{2028} \"'&amp; <img src=x onerror=alert(1)> "
        + "%s {{x}} ${y} \\u0000 🧪 javascript:alert(1)\n"

    /// A run whose every string is hostile, with impossible numbers.
    static func nasty() throws -> RunReport {
        let result = AttemptResult(
            outcome: .failed, seconds: .infinity, message: hostile,
            failure: Failure(message: hostile, expected: hostile, actual: "x" + hostile, file: hostile, line: -1),
            output: BoundedText(head: hostile, tail: hostile, cutBytes: 5),
            artifacts: [Artifact(path: "javascript:\(hostile)", size: 1, sha256: String(repeating: "0", count: 64))],
            serviceLogs: [ServiceLog(service: hostile, text: BoundedText(head: hostile))])
        var passed = result
        passed.outcome = .passed
        passed.seconds = .nan
        var tests = [
            try test("hostile/flaky", hostile, .flaky, [attempt(hostile, result), attempt(hostile, passed)]),
            try test(
                "hostile/red", hostile, .failed, [attempt(hostile, result), attempt(hostile, counted: false, result)]),
            try test("hostile/skipped", hostile, .passed, [attempt(hostile, passed)]),
        ]
        for index in tests.indices { tests[index].rerun = hostile }
        let host = RunReport.Host(
            name: HostID(hostile), slots: 1, lost: true,
            services: [ServiceInfo(name: hostile, backing: .external, version: hostile, readySeconds: -1)],
            notes: [hostile])
        return RunReport(run: try run(exit: 1, tested: hostile), hosts: [host], tests: tests)
    }

    /// A run with many results on eight hosts; every `redEvery`th is red.
    static func big(_ count: Int, redEvery: Int = 400) throws -> RunReport {
        let tests = try (0..<count).map { number in
            let name = "load/group-\(number / 250)/case-\(String(100_000 + number).dropFirst())"
            var result = AttemptResult(
                outcome: .passed, seconds: 0.2 + Double(number * 7919 % 100) / 100,
                output: BoundedText(head: String(repeating: "line of output of case \(number)\n", count: 12)))
            if number % redEvery == 17 {
                result = failure
                result.output = BoundedText(head: String(repeating: "step \(number) went on\n", count: 200))
            }
            let begin = Double(number / 32) * 1.25
            return try test(
                name, "Case number \(number) of the big run", mode: number % 2 == 0 ? .solo : nil, result.outcome,
                [attempt("lab-\(number % 8 + 1)", slot: number / 8 % 4, at: begin, result)])
        }
        var run = try run(exit: 1)
        run.seconds = Double(count / 32) * 1.25 + 4
        return RunReport(run: run, hosts: (1...8).map { host("lab-\($0)", slots: 4) }, tests: tests)
    }

    /// A value that must be there.
    static func required<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw Missing(what: what) }
        return value
    }
}

/// Something that a test cannot do without.
struct Missing: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}
