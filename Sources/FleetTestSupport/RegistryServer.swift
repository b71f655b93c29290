import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A real docker-registry, for tests: open to everybody on loopback, deletion allowed.
public struct RegistryServer: Sendable {
    /// The base URL, without a final slash.
    public let url: String
    /// The port on 127.0.0.1.
    public let port: Int
    /// The running program.
    public let service: TestService

    /// False where Debian's package `docker-registry` is missing.
    public static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/docker-registry") }

    /// Starts one on a free port and waits until it listens.
    public static func start() async throws -> RegistryServer {
        let directory = try TestService.temporaryDirectory("registry")
        let port = try TestService.freePort()
        let configuration = """
            version: 0.1
            log:
              level: info
            storage:
              filesystem:
                rootdirectory: "\(directory)/storage"
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:\(port)

            """
        try AtomicFile.write(Array(configuration.utf8), to: "\(directory)/config.yml")
        let service = try TestService(
            "docker-registry", ["serve", "\(directory)/config.yml"], directory: directory,
            environment: ["OTEL_TRACES_EXPORTER": "none"])
        do {
            try await service.wait(for: "listening") { service.log.contains("listening on") }
        } catch {
            await service.stop()
            throw error
        }
        return RegistryServer(url: "http://127.0.0.1:\(port)", port: port, service: service)
    }
}
