import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A real PostgreSQL server with an empty database, for tests. It never runs as root.
public struct PostgresServer: Sendable {
    /// The program; `stop` ends it and removes its directory.
    public let service: TestService
    /// Port of 127.0.0.1.
    public let port: Int
    /// The one user, who owns the database of the same name.
    public let user = "postgres"
    /// His password.
    public let password = "not-a-secret"

    /// Whether it is installed (Debian: postgresql), and may be run here.
    public static var isInstalled: Bool { programs != nil && (geteuid() != 0 || hasUser) }

    private static var hasUser: Bool { getpwnam("postgres") != nil }

    /// The directory of the newest version's programs.
    private static var programs: String? {
        let base = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).compactMap { Int($0) }
        return versions.max().map { "\(base)/\($0)/bin" }
    }

    /// Starts a server, in a new directory unless one is given, and waits until it takes connections.
    public static func start() async throws -> PostgresServer {
        let directory = try TestService.temporaryDirectory("postgres")
        do {
            try FileManager.default.createDirectory(atPath: "\(directory)/cluster", withIntermediateDirectories: true)
            if geteuid() == 0, let user = getpwnam("postgres") {
                chmod(directory, 0o711)
                chown("\(directory)/cluster", user.pointee.pw_uid, user.pointee.pw_gid)
            }
            try await make(directory)
            return try await start(in: directory, port: try TestService.freePort())
        } catch {
            _ = DirectoryTree.remove(directory)
            throw error
        }
    }

    /// The same server on the same data, after its end.
    public func restarted() async throws -> PostgresServer {
        try await Self.start(in: service.directory, port: port)
    }

    /// Ends the server at once, as a crash would.
    public func kill() async {
        Glibc.kill(service.processID, SIGQUIT)
        await service.end()
    }

    private static func make(_ directory: String) async throws {
        let file = "\(directory)/cluster/password"
        try Data("not-a-secret".utf8).write(to: URL(filePath: file))
        chmod(file, 0o644)
        let (program, arguments) = command(
            "initdb",
            ["-D", "\(directory)/cluster/data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", file, "-N"])
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: arguments, environment: ["PATH": "/usr/bin:/bin"],
                standardOutput: .file("\(directory)/log"), standardError: .output))
        guard await child.exit(within: .seconds(30)) == .exited(0) else {
            child.send(signal: SIGKILL)
            let log = FileManager.default.contents(atPath: "\(directory)/log") ?? Data()
            throw TestServiceError("initdb failed:\n\(String(decoding: log, as: UTF8.self))")
        }
    }

    private static func start(in directory: String, port: Int) async throws -> PostgresServer {
        _ = try? FileManager.default.removeItem(atPath: "\(directory)/log")
        let (program, arguments) = command(
            "postgres",
            [
                "-D", "\(directory)/cluster/data", "-p", "\(port)", "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=", "-c", "fsync=off",
            ])
        let service = try TestService(program, arguments, directory: directory)
        do {
            try await service.wait(for: "taking connections") { service.log.contains("ready to accept connections") }
        } catch {
            await service.end()
            throw error
        }
        return PostgresServer(service: service, port: port)
    }

    private static func command(_ name: String, _ arguments: [String]) -> (String, [String]) {
        let program = "\(programs ?? "")/\(name)"
        guard geteuid() == 0 else { return (program, arguments) }
        return ("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program] + arguments)
    }
}
