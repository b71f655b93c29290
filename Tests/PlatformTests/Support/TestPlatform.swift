import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile

/// The real `platform` program with a real DNS server and registry beside it.
struct TestPlatform: Sendable {
    let knot: KnotServer
    let registry: RegistryServer
    let service: TestService
    let port: Int
    let mode: String
    /// Where its servers are: no other test takes their addresses while the platform is away.
    let network: String
    let profile = InterfaceProfile.standard

    static var canRun: Bool {
        KnotServer.isInstalled && RegistryServer.isInstalled
            && FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")
            && FileManager.default.isExecutableFile(atPath: executable)
    }

    /// The program that was built with these tests.
    static var executable: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent + "/platform"
    }

    /// Runs a test with everything up, and takes everything down whatever happens.
    static func with(
        mode: String = "solo", settings: String? = nil, _ body: (TestPlatform) async throws -> Void
    ) async throws {
        let knot = try await KnotServer.start()
        do {
            let registry = try await RegistryServer.start()
            do {
                try await with(knot, registry, mode, settings, body)
                await registry.service.stop()
            } catch {
                await registry.service.stop()
                throw error
            }
            await knot.service.stop()
        } catch {
            await knot.service.stop()
            throw error
        }
    }

    private static func with(
        _ knot: KnotServer, _ registry: RegistryServer, _ mode: String, _ settings: String?,
        _ body: (TestPlatform) async throws -> Void
    ) async throws {
        let directory = try TestService.temporaryDirectory("platform")
        defer { _ = DirectoryTree.remove(directory) }
        if let settings { try AtomicFile.write(Array(settings.utf8), to: "\(directory)/settings.json") }
        let platform = try await start(knot, registry, directory, mode, nextNetwork())
        do { try await body(platform) } catch {
            await platform.service.end()
            throw TestServiceError("\(error)\n--- platform's log:\n\(platform.service.log.suffix(6000))")
        }
        await platform.service.end()
    }

    private static let networks = Locked(0)

    private static func nextNetwork() -> String {
        let number = networks.withLock { count in
            count += 1
            return count
        }
        return "127.\(64 + number % 128).0.0/16"
    }

    private static func start(
        _ knot: KnotServer, _ registry: RegistryServer, _ directory: String, _ mode: String,
        _ network: String
    ) async throws -> TestPlatform {
        _ = try? FileManager.default.removeItem(atPath: "\(directory)/log")
        let file = "\(directory)/settings.json"
        let service = try TestService(
            executable,
            [
                "orchestrator", "--listen", "127.0.0.1:0", "--data", "\(directory)/data", "--mode", mode, "--zone",
                knot.zone, "--dns", "127.0.0.1:\(knot.port)", "--dns-key-file", knot.keyFile, "--registry",
                registry.url, "--server-network", network,
            ] + (FileManager.default.fileExists(atPath: file) ? ["--settings", file] : []), directory: directory)
        do {
            try await service.wait(for: "listening") { announcedPort(service.log) != nil }
        } catch {
            await service.end()
            throw error
        }
        let port = announcedPort(service.log) ?? 0
        return TestPlatform(knot: knot, registry: registry, service: service, port: port, mode: mode, network: network)
    }

    static func announcedPort(_ log: String) -> Int? {
        log.split(whereSeparator: \.isNewline).first { $0.hasPrefix("{\"type\":\"listening\"") }
            .flatMap { try? JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }?["port"].int
    }

    /// The same platform after a new start with no data at all.
    func startedAnew() async throws -> TestPlatform {
        _ = DirectoryTree.remove("\(service.directory)/data")
        return try await restarted()
    }

    /// The same platform after a new start on the same data.
    func restarted() async throws -> TestPlatform {
        try await Self.start(knot, registry, service.directory, mode, network)
    }
}

extension TestPlatform {
    var url: String { "http://127.0.0.1:\(port)" }

    func get(_ path: String, token: String? = nil) async throws -> HTTP.Answer {
        try await send("GET", path, token: token)
    }

    func send(
        _ method: String, _ path: String, _ body: String = "", token: String? = nil, type: String = "application/json"
    ) async throws -> HTTP.Answer {
        var headers = ["Content-Type": type]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        return try await HTTP.send(
            method, "http://127.0.0.1:\(port)\(path)", body: body.isEmpty ? nil : Data(body.utf8), headers: headers)
    }

    /// Submits and waits for the end; returns the task.
    func run(_ path: String, _ body: String) async throws -> JSON {
        let answer = try await send("POST", path, body)
        guard answer.status == 200, let id = answer.json["data"].string else {
            throw TestServiceError("\(path) answered \(answer.status): \(answer.text)")
        }
        return try await end(of: id)
    }

    /// Waits for the end of a task.
    func end(of id: String) async throws -> JSON {
        let final: Set = ["Completed", "Failed", "Cancelled"]
        var task = JSON.null
        let hasEnded = await Waiting.until(within: .seconds(60), every: .milliseconds(25)) {
            task = (try? await get("/tasks/\(id)").json["data"]) ?? .null
            return final.contains(task["status"].string ?? "")
        }
        guard hasEnded else { throw TestServiceError("the task \(id) did not end within 60 s: \(task)") }
        return task
    }

    /// Makes servers; throws unless that works.
    func createServers(_ names: [String], keys: [String] = []) async throws {
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let keyList = keys.map { "\"\($0)\"" }.joined(separator: ",")
        let task = try await run(
            profile.paths.createServers, #"{"servers":[\#(list)],"authorized_keys":[\#(keyList)]}"#)
        guard task["status"].string == "Completed" else { throw TestServiceError("creation: \(task)") }
    }

    func server(_ name: String) async throws -> JSON {
        try await get(filledPath(profile.paths.server, name)).json["data"]
    }
}
