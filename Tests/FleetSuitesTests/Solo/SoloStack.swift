import FleetModel
import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@testable import FleetTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A real solo environment for tests of the suites: knotd, docker-registry and the reference platform.
struct SoloStack: Sendable {
    let dns: KnotServer
    let registry: RegistryServer
    let platform: TestService
    let endpoints: Endpoints

    /// The executable: from `FLEET_PLATFORM`, else the one that was built together with the tests.
    static var executable: String? {
        if let path = ProcessInfo.processInfo.environment["FLEET_PLATFORM"] { return path }
        guard let ours = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        let path = ours.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/platform"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// What `isPossible` asks for, in words.
    static let requirements: Comment =
        "needs the platform executable, knot, knot-dnsutils, docker-registry, openssh-server, openssh-client and perl"

    /// The port of the orchestrator on 127.0.0.1.
    var orchestratorPort: Int {
        get throws {
            let text = try #require(endpoints["orchestrator", "url"]?.split(separator: ":").last)
            return try #require(Int(text))
        }
    }

    /// Whether this machine can run one.
    static var isPossible: Bool {
        executable != nil && KnotServer.isInstalled && RegistryServer.isInstalled
            && ["ssh", "ssh-keygen", "sshd", "perl"].allSatisfy { ProgramSearch.find($0) != nil }
    }

    /// Runs a closure over a fresh environment, which is gone afterwards; `settings` are those of the orchestrator.
    static func with(settings: String? = nil, _ body: (SoloStack) async throws -> Void) async throws {
        let dns = try await KnotServer.start()
        let registry: RegistryServer
        do {
            registry = try await RegistryServer.start()
        } catch {
            await dns.service.stop()
            throw error
        }
        do {
            let platform = try await startPlatform(dns, registry, settings)
            do {
                try await body(platform)
            } catch {
                await platform.platform.stop()
                throw error
            }
            await platform.platform.stop()
        } catch {
            await registry.service.stop()
            await dns.service.stop()
            throw error
        }
        await registry.service.stop()
        await dns.service.stop()
    }

    private static func startPlatform(
        _ dns: KnotServer, _ registry: RegistryServer, _ settings: String?
    ) async throws -> SoloStack {
        guard let executable else { throw TestServiceError("there is no platform executable") }
        let directory = try TestService.temporaryDirectory("solo")
        // A network of its own: all loopback addresses are shared with other tests on this machine.
        let network = "127.\(Int.random(in: 100...250)).\(Int.random(in: 0...255)).0/24"
        let file = "\(directory)/settings.json"
        if let settings { try AtomicFile.write(Array(settings.utf8), to: file) }
        let platform = try TestService(
            executable,
            [
                "orchestrator", "--listen", "127.0.0.1:0", "--data", "\(directory)/data", "--zone", dns.zone, "--dns",
                "127.0.0.1:\(dns.port)", "--dns-key-file", dns.keyFile, "--registry", registry.url,
                "--server-network", network,
            ] + (settings == nil ? [] : ["--settings", file]), directory: directory)
        let port = Locked<Int?>(nil)
        do {
            try await platform.wait(for: "listening") {
                let line = platform.log.split(separator: "\n").first { $0.contains("\"listening\"") }
                let value = line.flatMap { JSONValue(bytes: Array($0.utf8)) }?["port"]?.integer
                port.withLock { $0 = value }
                return value != nil
            }
        } catch {
            await platform.stop()
            throw error
        }
        let endpoints = Endpoints([
            "orchestrator": ["url": "http://127.0.0.1:\(port.withLock { $0 } ?? 0)"],
            "dns": ["address": "127.0.0.1", "port": "\(dns.port)", "zone": dns.zone, "transfer": "allowed"],
            "registry": ["url": registry.url, "product": "docker-registry"],
            "environment": ["mode": "solo", "driver": "process", "name": "tests"],
        ])
        return SoloStack(dns: dns, registry: registry, platform: platform, endpoints: endpoints)
    }

    /// No server, workspace, extension or address is left, by the word of orchestrator and name server.
    func expectNothingLeft() async throws {
        let context = try Kit.context(endpoints: endpoints)
        let orchestrator = try context.orchestrator
        #expect(try await orchestrator.servers() == [])
        #expect(try await orchestrator.workspaces() == [])
        #expect(try await orchestrator.extensions() == [])
        let records = try await context.dns.transfer(zone: dns.zone)
        #expect(records.filter { $0.type == .a }.map(\.name) == ["ns.\(dns.zone)"])
        #expect(try await context.registry.tags(of: "extensions/taskserv/kubernetes") == [])
    }
}

/// How one body ended, with its log.
struct BodyRun: Sendable {
    let id: TestID
    let verdict: TestVerdict
    let log: [String]

    /// What to print when the outcome was not the expected one.
    var account: String {
        "\(id): \(verdict.outcome), \(verdict.message ?? "no message"), \(verdict.failure.map { "\($0)" } ?? "")\n"
            + log.joined(separator: "\n")
    }

    private static let attempts = Locked(0)

    /// Runs one body as a test process does, but in this process.
    static func run(
        _ declared: DeclaredTest, _ endpoints: Endpoints, _ credentials: [String: [String: String]] = [:],
        profile: InterfaceProfile = .standard, seconds: Double = 60
    ) async throws -> BodyRun {
        let id = declared.testCase.id
        let number = attempts.withLock { attempts in
            attempts += 1
            return attempts
        }
        let invocation = TestInvocation(
            test: id, attempt: AttemptID(rawValue: number), endpoints: endpoints, credentials: credentials,
            artifacts: "/tmp/artifacts", seconds: seconds)
        let scratch = try ScratchDirectory(beside: "/tmp/artifacts")
        let lines = Locked<[String]>([])
        let log = TestLog { line in lines.withLock { $0.append(line) } }
        let context = TestContext(invocation: invocation, scratch: scratch.path, profile: profile, log: log)
        let runner = AttemptRunner(test: declared, context: context, limits: TestLimits(seconds: seconds))
        let verdict = await runner.run(stops: AsyncStream { _ in })
        scratch.remove(log: log)
        return BodyRun(id: id, verdict: verdict, log: lines.withLock { $0 })
    }
}
