import FleetSystem
import FleetTestSupport
import Foundation

/// A service of the platform as a real process, with a settings file.
struct RunningService: Sendable {
    let service: TestService
    let port: Int
    let subcommand: String

    var url: String { "http://127.0.0.1:\(port)" }

    /// Starts `platform SUBCOMMAND` and waits until it answers. The directory keeps its data for a restart.
    static func start(_ subcommand: String, settings: String, directory: String) async throws -> RunningService {
        let file = "\(directory)/settings.json"
        try AtomicFile.write(Array(settings.utf8), to: file)
        _ = try? FileManager.default.removeItem(atPath: "\(directory)/log")
        let service = try TestService(
            TestPlatform.executable,
            [subcommand, "--listen", "127.0.0.1:0", "--data", "\(directory)/data", "--settings", file],
            directory: directory)
        do {
            try await service.wait(for: "listening") { announcedPort(service.log) != nil }
        } catch {
            await service.end()
            throw error
        }
        return RunningService(service: service, port: announcedPort(service.log) ?? 0, subcommand: subcommand)
    }

    /// Runs a test with the service up, and takes it down whatever happens; a failure shows its log.
    static func with(
        _ subcommand: String, settings: String, endsAs expected: FleetSystem.ExitStatus = .exited(0),
        _ body: (RunningService) async throws -> Void
    ) async throws {
        let directory = try TestService.temporaryDirectory(subcommand)
        defer { _ = DirectoryTree.remove(directory) }
        let running = try await start(subcommand, settings: settings, directory: directory)
        do { try await body(running) } catch {
            await running.service.end()
            throw TestServiceError("\(error)\n--- log of \(subcommand):\n\(running.service.log.suffix(4000))")
        }
        let status = await running.service.end()
        guard status == expected else {
            throw TestServiceError("\(subcommand) ended with \(String(describing: status)): \(running.service.log)")
        }
    }

    static func announcedPort(_ log: String) -> Int? {
        log.split(whereSeparator: \.isNewline).first { $0.hasPrefix("{\"type\":\"listening\"") }
            .flatMap { try? JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }?["port"].int
    }

    /// Sends a request, with a token if there is one.
    func send(_ method: String, _ path: String, _ body: String = "", token: String? = nil) async throws -> HTTP.Answer {
        var headers = ["Content-Type": "application/json"]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        return try await HTTP.send(
            method, url + path, body: body.isEmpty ? nil : Data(body.utf8), headers: headers)
    }
}
