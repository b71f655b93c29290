import FleetModel
import FleetProtocol
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real agent on this machine, in a working directory of its own that is removed at the end.
final class TestAgent: Sendable {
    /// What the agent printed when it was ready.
    struct Ready: Codable {
        var type: String
        var port: Int
        var pid: Int32
        var incarnation: String
    }

    let workdir: String
    let layout: SessionLayout
    let token = RunToken()
    let ready: Ready

    /// The program beside the test bundle.
    static var program: String {
        if let path = getenv("FLEET_AGENT") { return String(cString: path) }
        let directory = (CommandLine.arguments.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        return directory.dropLast().joined(separator: "/") + "/agent"
    }

    /// Starts an agent as the coordinator would.
    static func with<Value>(
        slots: Int = 2, hostSlots: Int? = nil, lanes: Int = 1, grace: Double = 60, owner: String = "",
        memory: Int? = nil, niceness: Int = 0, keep: Double? = nil, adopts: Bool = false,
        beside other: TestAgent? = nil, _ body: (TestAgent) async throws -> Value
    ) async throws -> Value {
        let directory = other?.workdir ?? "/tmp/fleet-agent-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try PrivateDirectory.ensure(directory)
        let run = try #require(RunID(rawValue: "test-\(UInt32.random(in: 0...UInt32.max))"))
        let layout = SessionLayout(workdir: directory, run: run, epoch: Epoch(rawValue: 1))
        do {
            let options = ServeOptions(
                run: layout.run, epoch: layout.epoch, workdir: layout.workdir, slots: slots, hostSlots: hostSlots,
                lanes: lanes, grace: grace, owner: owner, keep: keep, adopts: adopts, memory: memory,
                niceness: niceness)
            let agent = try await TestAgent(layout, options)
            let value = try await body(agent)
            await clean(layout, isLast: other == nil)
            return value
        } catch {
            await clean(layout, isLast: other == nil)
            throw error
        }
    }

    private static func clean(_ layout: SessionLayout, isLast: Bool) async {
        let leftovers = await Sweep(workdir: layout.workdir).sweep(.run(layout.run))
        #expect(leftovers.isEmpty)
        #expect(ProcessTree.processes(withVariable: SessionLayout.variable, value: layout.session).isEmpty)
        if isLast { #expect(DirectoryTree.remove(layout.workdir).isEmpty) }
    }

    private init(_ layout: SessionLayout, _ options: ServeOptions) async throws {
        self.layout = layout
        workdir = layout.workdir
        let outcome = try await Self.run(["serve"] + options.arguments, input: token.hexadecimal + "\n")
        let line = try #require(outcome.output.split(separator: "\n").first, "\(outcome.errors)")
        ready = try decodeJSON(Ready.self, String(line))
    }

    /// What a program printed, and how it ended.
    struct Outcome {
        var status: FleetSystem.ExitStatus?
        var output: String
        var errors: String
    }

    /// Runs our program to its end, at most 60 seconds.
    static func run(_ arguments: [String], input: String? = nil) async throws -> Outcome {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: arguments,
                environment: ["PATH": ProgramSearch.standardPath, "HOME": "/root"],
                standardInput: input == nil ? .null : .pipe, standardOutput: .pipe, standardError: .pipe))
        let output = BoundedCapture()
        let errors = BoundedCapture()
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        if let descriptor = child.takeStandardError() { errors.start(descriptor) }
        if let input, let descriptor = child.takeStandardInput() {
            let bytes = Array(input.utf8)
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
        }
        let status = await child.exit(within: .seconds(60))
        if status == nil { child.send(signal: SIGKILL) }
        // Whoever still holds the streams would keep an SSH command from ending.
        #expect(await output.finished(within: .seconds(5)))
        #expect(await errors.finished(within: .seconds(5)))
        return Outcome(status: status, output: output.output.headText, errors: errors.output.headText)
    }

    /// Whether the session has left nothing: no process, no directory.
    func isGone(within limit: Duration = .seconds(20)) async -> Bool {
        await Waiting.until(within: limit, every: .milliseconds(50)) {
            access(layout.session, F_OK) != 0
                && ProcessTree.processes(withVariable: SessionLayout.variable, value: layout.session).isEmpty
        }
    }

    /// The agent's processes of one kind: `worker`, `guardian`, …
    func processes(_ kind: String) -> [ProcessInfo] {
        ProcessTree.processes(withVariable: SessionLayout.variable, value: layout.session)
            .filter { $0.commandLine.split(separator: " ").dropFirst().first ?? "" == kind }
    }

    /// The agent itself.
    func process() throws -> ProcessHandle {
        try #require(ProcessInfo(processID: ready.pid).flatMap { ProcessHandle($0) })
    }
}
