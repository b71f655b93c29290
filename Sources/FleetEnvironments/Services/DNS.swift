import FleetModel
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Knot: an authoritative server for the zone, with signed updates (RFC 2136, 8945) and transfers to this host alone.
struct KnotDNS: ServiceBacking {
    /// The zone of every environment.
    static let zone = "provisioning.local"
    private static let keyName = "fleet"

    var service: String { "dns" }
    var kind: Backing { .native }
    var programs: [RequiredProgram] { [RequiredProgram(name: "knotd", from: .package("knot"))] }

    func version(in surroundings: ServiceSurroundings) async -> String {
        // "knotd (Knot DNS), version 3.2.6"
        let line = await ProgramVersion.firstLine(
            of: surroundings.program("knotd"), ["--version"], path: surroundings.plan.programPath)
        return "knot \(ProgramVersion.lastWord(line) ?? "of unknown version")"
    }

    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch {
        let directory = surroundings.directory
        let secret = surroundings.kept("update.secret", or: KnotDNS.makeSecret)
        let keyFile = "\(directory)/update.key"
        return ServiceLaunch(
            executable: surroundings.program("knotd"), arguments: ["--config", "\(directory)/knot.conf"],
            files: [
                secret, .init(path: keyFile, content: KnotDNS.keyText(secret.content)),
                .init(path: "\(directory)/knot.conf", content: configuration(directory, port, keyFile)),
                surroundings.kept("zone") { KnotDNS.zoneText },
            ],
            gates: [.dns(address: "127.0.0.1", port: port, zone: KnotDNS.zone)],
            properties: [
                "address": "127.0.0.1", "port": "\(port)", "zone": KnotDNS.zone, "transfer": "allowed",
                // An address that servers may have.
                "transfer-refused-from": "127.64.255.254",
            ],
            secrets: [
                "key-file": keyFile, "key-name": KnotDNS.keyName, "algorithm": "hmac-sha256", "secret": secret.content,
            ])
    }

    private func configuration(_ directory: String, _ port: Int, _ keyFile: String) -> String {
        """
        include: \(keyFile)
        server:
            rundir: \(directory)
            pidfile: \(directory)/knot.pid
            listen: 127.0.0.1@\(port)
            udp-workers: 1
            tcp-workers: 1
            background-workers: 1
        log:
          - target: stderr
            any: info
        control:
            listen: \(directory)/knot.sock
        database:
            storage: \(directory)
            journal-db-max-size: 16M
            kasp-db-max-size: 8M
            timer-db-max-size: 8M
        acl:
          - id: update
            key: \(KnotDNS.keyName)
            action: update
          - id: transfer
            address: 127.0.0.1
            action: transfer
        template:
          - id: default
            storage: \(directory)
            # Each change goes to the file at once, so that a server that starts again has it.
            zonefile-sync: 0
            zonefile-load: whole
            journal-content: none
        zone:
          - domain: \(KnotDNS.zone)
            file: zone
            acl: [update, transfer]

        """
    }

    /// The zone at its beginning.
    static let zoneText = """
        $ORIGIN \(zone).
        $TTL 300
        @ SOA ns hostmaster 1 3600 600 86400 300
        @ NS ns
        ns A 127.0.0.1

        """

    // As `keymgr -t` prints it; knot reads it as a part of its configuration.
    private static func keyText(_ secret: String) -> String {
        "key:\n  - id: \(keyName)\n    algorithm: hmac-sha256\n    secret: \(secret)\n"
    }

    private static func makeSecret() -> String {
        var generator = SystemRandomNumberGenerator()
        return Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }).base64EncodedString()
    }
}
