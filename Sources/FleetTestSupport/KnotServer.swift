import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A real knotd with one zone, for tests: takes updates that are signed with its key, and lets loopback transfer the zone.
public struct KnotServer: Sendable {
    /// The zone, without a final dot.
    public let zone: String
    /// The port on 127.0.0.1, UDP and TCP.
    public let port: Int
    /// The file with the key, as `keymgr -t` printed it.
    public let keyFile: String
    /// The running program.
    public let service: TestService

    /// False where Debian's packages `knot` and `knot-dnsutils` are missing.
    public static var isInstalled: Bool {
        ["/usr/sbin/knotd", "/usr/sbin/keymgr", "/usr/bin/kdig"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Starts one on a free port and waits until it answers.
    public static func start(zone: String = "provisioning.local") async throws -> KnotServer {
        let directory = try TestService.temporaryDirectory("knot")
        let port = try TestService.freePort()
        let key = try await output(of: "keymgr", ["-t", "fleet", "hmac-sha256"])
        // knotd does not make it, and without it every update ends in SERVFAIL.
        try PrivateDirectory.ensure("\(directory)/database")
        let keyFile = "\(directory)/key"
        try AtomicFile.write(Array(key.utf8), to: keyFile)
        try AtomicFile.write(
            Array(configuration(zone, port, key, directory).utf8), to: "\(directory)/knot.conf")
        let soa = "@ 3600 SOA ns hostmaster 1 3600 600 86400 60\n@ 3600 NS ns\nns 3600 A 127.0.0.1\n"
        try AtomicFile.write(Array(soa.utf8), to: "\(directory)/zone")
        return try await start(zone: zone, port: port, directory: directory)
    }

    /// Starts the same server again, after `service.end()`.
    public func restarted() async throws -> KnotServer {
        try await Self.start(zone: zone, port: port, directory: service.directory)
    }

    /// What the server says to a question, in kdig's short form: a line for each record.
    public func resolve(_ name: String, type: String = "A") async throws -> [String] {
        try await Self.kdig(port, [name, type, "+short"]).split(whereSeparator: \.isNewline).map(String.init)
    }

    private static func start(zone: String, port: Int, directory: String) async throws -> KnotServer {
        let service = try TestService("knotd", ["-c", "\(directory)/knot.conf"], directory: directory)
        let server = KnotServer(zone: zone, port: port, keyFile: "\(directory)/key", service: service)
        do {
            try await service.wait(for: "answering for \(zone)") {
                let answer = try? await kdig(port, [zone, "SOA", "+short"])
                return answer?.contains("hostmaster") == true
            }
        } catch {
            await service.stop()
            throw error
        }
        return server
    }

    static func kdig(
        _ port: Int, _ question: [String], timeout: Int = 1, keeps: Int = 65_536
    ) async throws -> String {
        try await output(
            of: "kdig", ["@127.0.0.1", "-p", "\(port)", "+timeout=\(timeout)", "+retry=1"] + question, keeps: keeps)
    }

    private static func output(
        of program: String, _ arguments: [String], keeps: Int = 65_536
    ) async throws -> String {
        let child = try Spawner.spawn(
            ProcessSpecification(executable: program, arguments: arguments, standardOutput: .pipe))
        let capture = BoundedCapture(head: keeps)
        if let pipe = child.takeStandardOutput() { capture.start(pipe) }
        guard await child.exit(within: .seconds(10)) != nil else {
            child.send(signal: 9)
            throw TestServiceError("\(program) did not end")
        }
        _ = await capture.finished(within: .seconds(1))
        await capture.stop()
        return capture.output.headText
    }

    private static func configuration(_ zone: String, _ port: Int, _ key: String, _ directory: String) -> String {
        """
        server:
            rundir: "\(directory)"
            listen: 127.0.0.1@\(port)
        log:
          - target: stderr
            any: info
        database:
            storage: "\(directory)/database"
        \(key)
        acl:
          - id: update
            key: fleet
            action: update
          - id: transfer
            address: 127.0.0.0/8
            action: transfer
        zone:
          - domain: \(zone)
            storage: "\(directory)"
            file: zone
            acl: [update, transfer]
            zonefile-sync: -1
            zonefile-load: difference
            journal-content: all
            journal-max-depth: 1000000

        """
    }
}
