import FleetEnvironments
import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program of the tests: does one thing with our libraries in a process of its own, so that this process can be
/// another user's, can be killed, and can be looked at from outside.
@main
enum FleetHelper {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        guard let verb = words.first else { exit(64) }
        let rest = Array(words.dropFirst())
        do {
            switch verb {
            case "hold": try await hold(rest)
            case "created": try await created(rest)
            case "inside": try await inside(rest)
            case "reaper": try await reaper(rest)
            case "kill-tree": try await killTree(rest)
            case "keeper": exit(await Keeper.main())
            case "environment": try await environment(rest)
            default: exit(64)
            }
        } catch {
            say("error: \(error)")
            exit(70)
        }
    }

    /// Starts a program whose life is bound to ours, says its process id, and waits for the end of the input.
    static func hold(_ command: [String]) async throws {
        let child = try Spawner.spawn(specification(command, namespaces: .none))
        say("\(child.processID)")
        waitForInput()
        exit(0)
    }

    /// Runs a program as process 1 of new namespaces and ends as it ends.
    static func created(_ command: [String]) async throws {
        let child = try Spawner.spawn(specification(command, namespaces: .create(setup)))
        await finish(child)
    }

    /// Runs a program inside the namespaces that another one holds.
    static func inside(_ command: [String]) async throws {
        let holder = try Spawner.spawn(specification(["sleep", "600"], namespaces: .create(setup)))
        let child = try Spawner.spawn(specification(command, namespaces: .join(processID: holder.processID)))
        let status = await child.exit()
        holder.send(signal: SIGKILL)
        _ = await holder.exit()
        finish(status)
    }

    /// Makes orphans, reaps them, and checks that the status of a known child is not lost.
    static func reaper(_ command: [String]) async throws {
        try ProcessTree.becomeSubreaper()
        let known = try Spawner.spawn(specification(["sh", "-c", "exit 7"], namespaces: .none))
        let parent = try Spawner.spawn(
            specification(["sh", "-c", "for i in 1 2 3; do (sleep 0.2 &) ; done"], namespaces: .none))
        _ = await parent.exit()
        var count = 0
        _ = await Waiting.until(within: .seconds(5)) {
            count += ProcessTree.reapOrphans()
            return count >= 3
        }
        say("\(count) \(await known.exit())")
    }

    /// Starts a program, lets it grow for a moment until it says so, kills the tree, and says what is left.
    static func killTree(_ command: [String]) async throws {
        try ProcessTree.becomeSubreaper()
        var specification = specification(command, namespaces: .none)
        specification.standardOutput = .pipe
        let child = try Spawner.spawn(specification)
        if let output = child.standardOutput {
            var byte: UInt8 = 0
            _ = read(output, &byte, 1)
        }
        let left = await ProcessTree.killChildren(within: .seconds(10))
        say("\(left.count) \(ProcessTree.descendants(of: getpid()).count)")
    }

    /// Holds an environment until the end of the input: directory, bundle, driver (or `-`), name.
    ///
    /// Says `ready KEEPER DRIVER SECONDS`, then one line for each property, then `.`; at the end `left N`.
    static func environment(_ words: [String]) async throws {
        guard words.count == 4 else { exit(64) }
        let request = EnvironmentRequest(mode: .solo, driver: Driver(rawValue: words[2]))
        let plan = EnvironmentPlan(request: request, name: words[3], directory: words[0], bundle: words[1])
        guard let program = realpath("/proc/self/exe", nil) else { exit(70) }
        let environment = try await RunningEnvironment.bringUp(plan, keeper: [String(cString: program), "keeper"])
        say("ready \(environment.keeperProcessID) \(environment.driver.rawValue) \(environment.readySeconds)")
        for (name, value) in environment.endpoints.variables.sorted(by: { $0.key < $1.key }) { say("\(name)=\(value)") }
        say(".")
        waitForInput()
        let leftovers = await environment.takeDown()
        say("left \(leftovers.count) \(leftovers.joined(separator: ", "))")
    }

    static var setup: NamespaceSetup {
        NamespaceSetup(hostname: "inside", keptPaths: environment("KEPT").map { [$0] } ?? [])
    }

    static func specification(_ command: [String], namespaces: NamespaceChoice) -> ProcessSpecification {
        ProcessSpecification(
            executable: command.first ?? "true", arguments: Array(command.dropFirst()),
            environment: ["PATH": ProgramSearch.standardPath], standardInput: .null, standardOutput: .inherit,
            standardError: .inherit, namespaces: namespaces)
    }

    static func finish(_ child: ChildProcess) async { finish(await child.exit()) }

    static func finish(_ status: ExitStatus) -> Never {
        switch status {
        case .exited(let code): exit(code)
        case .signaled(let signal): exit(128 + signal)
        }
    }

    static func waitForInput() {
        var byte: UInt8 = 0
        while read(0, &byte, 1) > 0 {}
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static func say(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = write(1, line, line.count)
    }
}
