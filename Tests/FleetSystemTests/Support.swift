import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Swift Testing has a type of the same name.
typealias ExitStatus = FleetSystem.ExitStatus

/// What a program printed and how it ended.
struct Ran {
    var output: String
    var status: ExitStatus?
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs a program to its end, at most so long, and keeps both its streams.
func run(
    _ command: [String], environment: [String: String] = [:], namespaces: NamespaceChoice = .none,
    within limit: Duration = .seconds(20)
) async throws -> Ran {
    var specification = specification(command)
    specification.environment.merge(environment) { $1 }
    specification.standardOutput = .pipe
    specification.standardError = .output
    specification.namespaces = namespaces
    let child = try Spawner.spawn(specification)
    let capture = BoundedCapture()
    if let descriptor = child.takeStandardOutput() { capture.start(descriptor) }
    let status = await child.exit(within: limit)
    if status == nil { child.send(signal: SIGKILL) }
    if !(await capture.finished(within: .seconds(5))) { await capture.stop() }
    return Ran(output: capture.output.headText, status: status)
}

func specification(_ command: [String]) -> ProcessSpecification {
    ProcessSpecification(
        executable: command.first ?? "true", arguments: Array(command.dropFirst()),
        environment: ["PATH": ProgramSearch.standardPath])
}

/// A directory that only lives as long as a test, below a place that every user may enter.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = "/tmp/fleet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try PrivateDirectory.ensure(path)
    defer { #expect(DirectoryTree.remove(path) == []) }
    return try await body(path)
}

/// The program of our own that tests start; it is built beside the test bundle.
enum Helper {
    static let path: String? = {
        guard let executable = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(executable) }
        var directories = [String(cString: executable)]
        // The test bundle is loaded by a runner of the toolchain, so the arguments say where it lies.
        directories += CommandLine.arguments
        for candidate in directories {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let helper = candidate[..<slash] + "/fleet-helper"
            if access(String(helper), X_OK) == 0 { return String(helper) }
        }
        return nil
    }()

    /// The words that run it, as root or as an ordinary user; the directory keeps a copy that everybody may run.
    static func command(_ user: TestUser, _ words: [String], in directory: String) throws -> [String] {
        let helper = try #require(path, "fleet-helper was not built")
        guard user == .ordinary else { return [helper] + words }
        let copy = "\(directory)/fleet-helper"
        if access(copy, X_OK) != 0 {
            chmod(directory, 0o755)
            try AtomicFile.write(AtomicFile.read(helper, limit: 1 << 30), to: copy, mode: 0o755)
        }
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy] + words
    }
}

/// As whom a test runs its helper.
enum TestUser: String, CaseIterable {
    case ourselves
    case ordinary

    static var possible: [TestUser] { geteuid() == 0 ? [.ourselves, .ordinary] : [.ourselves] }
}

let namespacesArePossible: Bool = {
    #if os(Linux)
        return geteuid() == 0 || access("/proc/sys/user/max_user_namespaces", R_OK) == 0
    #else
        return false
    #endif
}()

/// Starts a program and waits for its end, at most so long.
func exitStatus(of wanted: ProcessSpecification, within limit: Duration = .seconds(30)) async throws -> ExitStatus? {
    let child = try Spawner.spawn(wanted)
    let status = await child.exit(within: limit)
    if status == nil { child.send(signal: SIGKILL) }
    return status
}
