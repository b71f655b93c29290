import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The programs that these tests start; they are built beside the test bundle.
enum Built {
    static let helper = find("fleet-helper")
    /// The directory that holds `platform`.
    static let bundle: String? = {
        if let given = getenv("FLEET_PLATFORM_BUNDLE") { return String(cString: given) }
        guard let platform = find("platform") else { return nil }
        return String(platform.dropLast("/platform".count))
    }()

    /// Where `make packages` puts programs that are not Debian's.
    static let tools: String = {
        let words = #filePath.split(separator: "/").dropLast(3)
        return "/\(words.joined(separator: "/"))/.build-tools"
    }()

    /// Where programs are looked up.
    static let path = "\(tools)/bin:\(EnvironmentPlan.defaultProgramPath)"

    private static func find(_ name: String) -> String? {
        guard let executable = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(executable) }
        // The test bundle is loaded by a runner of the toolchain, so the arguments say where it lies.
        for candidate in [String(cString: executable)] + CommandLine.arguments {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let path = "\(candidate[..<slash])/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        return nil
    }
}

let servicesAreThere: Bool = {
    guard let bundle = Built.bundle else { return false }
    return ServiceCatalogue.missingPrograms(for: .solo, bundle: bundle, path: EnvironmentPlan.defaultProgramPath)
        .isEmpty
}()

/// Whether the programs of one service are there.
func isThere(_ backing: any ServiceBacking) -> Bool {
    ServiceCatalogue.missingPrograms(of: backing, bundle: Built.bundle ?? "", path: Built.path).isEmpty
}

/// A place for one test, removed afterwards; checks that nothing of its environments is left.
func withPlace<Result>(_ body: (Place) async throws -> Result) async throws -> Result {
    let name = "fleet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let place = Place(name: name, directory: "/tmp/\(name)")
    try PrivateDirectory.ensure(place.directory)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(place)) } catch { result = .failure(error) }
    #expect(await place.isClean(within: .seconds(10)))
    #expect(DirectoryTree.remove(place.directory) == [])
    return try result.get()
}

struct Place: Sendable {
    let name: String
    let directory: String

    func plan(_ driver: Driver?, name suffix: String = "a", mode: Mode = .solo) throws -> EnvironmentPlan {
        EnvironmentPlan(
            request: EnvironmentRequest(mode: mode, driver: driver), name: "\(name)-\(suffix)",
            directory: "\(directory)/\(suffix)", bundle: try #require(Built.bundle), searchPath: Built.path)
    }

    func bringUp(_ plan: EnvironmentPlan) async throws -> RunningEnvironment {
        let helper = try #require(Built.helper)
        do {
            return try await RunningEnvironment.bringUp(plan, keeper: [helper, "keeper"])
        } catch {
            throw error
        }
    }

    /// A plan of single services.
    func plan(_ driver: Driver, only services: [String]) throws -> EnvironmentPlan {
        var plan = try plan(driver)
        plan.onlyServices = services
        return plan
    }

    /// Whether no process of any environment of this place is left.
    func isClean(within limit: Duration) async -> Bool {
        await Waiting.until(within: limit, every: .milliseconds(50)) { marked().isEmpty }
    }

    func marked() -> [ProcessInfo] {
        ProcessTree.all().filter { !$0.isZombie && $0.environment?[EnvironmentMark.variable]?.hasPrefix(name) == true }
    }
}

/// Which namespace of a kind a process lives in; the numbers are given again when a namespace has ended.
func namespaceNumber(of processID: Int32, _ kind: String) -> UInt? {
    var status = stat()
    return stat("/proc/\(processID)/ns/\(kind)", &status) == 0 ? UInt(status.st_ino) : nil
}

/// All processes that now live in the network of a process; a namespace ends with the last of them.
func inhabitants(ofNetworkOf processID: Int32) -> [ProcessInfo] {
    guard let number = namespaceNumber(of: processID, "net") else { return [] }
    return ProcessTree.all().filter { !$0.isZombie && namespaceNumber(of: $0.processID, "net") == number }
}

/// Whether none of these processes is left.
func haveEnded(_ processes: [ProcessInfo]) -> Bool {
    processes.allSatisfy { before in
        guard let now = ProcessInfo(processID: before.processID) else { return true }
        return now.isZombie || now.startTicks != before.startTicks
    }
}

/// The files that a process has open, and the directory in which it works.
func openFiles(of processID: Int32) -> [String] {
    let descriptors = (try? DirectoryTree.names(in: "/proc/\(processID)/fd")) ?? []
    return (descriptors.map { "fd/\($0)" } + ["cwd"]).compactMap { entry in
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/\(processID)/\(entry)", &bytes, bytes.count)
        return length > 0 ? String(decoding: bytes.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}

/// Runs a program, here or where a process is, and returns its output and status.
func run(
    _ command: [String], joining processID: Int32? = nil, variables: [String: String] = [:]
) async throws -> (output: String, status: ExitStatus?) {
    var wanted = ProcessSpecification(executable: command.first ?? "true", arguments: Array(command.dropFirst()))
    wanted.environment = ["PATH": EnvironmentPlan.defaultProgramPath].merging(variables) { $1 }
    wanted.standardOutput = .pipe
    wanted.standardError = .output
    wanted.workingDirectory = "/"
    if let processID { wanted.namespaces = .join(processID: processID) }
    let child = try Spawner.spawn(wanted)
    let capture = BoundedCapture()
    if let descriptor = child.takeStandardOutput() { capture.start(descriptor) }
    let status = await child.exit(within: .seconds(20))
    if status == nil { child.send(signal: SIGKILL) }
    if !(await capture.finished(within: .seconds(5))) { await capture.stop() }
    return (capture.output.headText, status)
}

// Swift Testing has a type of the same name.
typealias ExitStatus = FleetSystem.ExitStatus
