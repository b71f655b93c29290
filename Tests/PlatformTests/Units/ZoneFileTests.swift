import FleetSystem
import FleetTestSupport
import Foundation
import NIOCore
import NIOPosix
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct ZoneFileTests {
    private let head = """
        $ORIGIN provisioning.local. ; the zone, whose SOA comes below
        @ 3600 IN SOA ns hostmaster ( ; SOA
            41   ; serial
            3600 600 86400 60 )
        @ NS ns
        ns A 127.0.0.1

        """

    @Test func headStaysAndSerialGrows() throws {
        let name = try DNSName("web.provisioning.local")
        let first = try ZoneFile(head, path: "f")
        #expect(first.serial == 41)
        let text = try #require(first.text(with: [name: [try DNSEntry(.a, "127.64.0.1", ttl: 300)]]))
        #expect(text.hasPrefix(head.replacing("41 ", with: "42 ")))
        #expect(text.hasSuffix("\(ZoneFile.mark)\nweb.provisioning.local. 300 IN A 127.64.0.1\n"))
        let second = try ZoneFile(text, path: "f")
        #expect(second.text(with: [name: [try DNSEntry(.a, "127.64.0.1", ttl: 300)]]) == nil)
        #expect(second.text(with: [:])?.contains("127.64.0.1") == false)
        let last = try ZoneFile(head.replacing("41 ", with: "4294967295 "), path: "f")
        #expect(last.text(with: [:])?.contains("    1 ") == true)
        for wrong in ["", "@ NS ns\n", "@ SOA ns hostmaster x 1 1 1 1\n", "; @ SOA ns hostmaster 1 1 1 1 1\n"] {
            let error = #expect(throws: PlatformError.self) { try ZoneFile(wrong, path: "/z") }
            #expect(error?.message.contains("/z") == true)
        }
    }

    /// knotd reads its zone file again on SIGHUP, which here comes again and again, as CoreDNS looks again and again.
    @Test(.enabled(if: KnotServer.isInstalled, "needs knot and knot-dnsutils"), .timeLimit(.minutes(1)))
    func serverThatTakesNoUpdatesIsServedByItsFile() async throws {
        let knot = try await KnotServer.start()
        // Cancelled below; sends one signal after the other until then.
        let reloading = Task {
            while !Task.isCancelled {
                _ = try await Program.run("/bin/kill", ["-HUP", "\(knot.service.processID)"])
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        do { try await exercise(knot) } catch {
            reloading.cancel()
            _ = await reloading.result
            await knot.service.stop()
            throw TestServiceError("\(error)\n\(knot.service.log.suffix(3000))")
        }
        reloading.cancel()
        _ = await reloading.result
        await knot.service.stop()
    }

    private func exercise(_ knot: KnotServer) async throws {
        let server = try SocketAddress(ipAddress: "127.0.0.1", port: knot.port)
        let transport = DNSTransport(server: server, group: MultiThreadedEventLoopGroup.singleton)
        let client = DNSClient(zone: try DNSName(knot.zone), transport: transport)
        let path = "\(knot.service.directory)/zone"
        let writer = ZoneFileWriter(client: client, path: path, patience: 10)
        let names = (1...20).map { client.name(of: "z\($0)") }
        var all: [DNSName: [DNSEntry]] = [:]
        for (index, name) in names.enumerated() { all[name] = [try DNSEntry(.a, "127.64.1.\(index + 1)", ttl: 300)] }
        for name in names { try await writer.put(name, all[name] ?? [], all: all) }
        #expect(try await knot.resolve("z20.provisioning.local") == ["127.64.1.20"])
        // All were in the first writing.
        #expect(try ZoneFile(String(contentsOfFile: path, encoding: .utf8), path: path).serial == 2)
        all[names[0]] = nil
        try await writer.put(names[0], [], all: all)
        #expect(try await knot.resolve("z1.provisioning.local") == [])
        #expect(try await knot.resolve("ns.provisioning.local") == ["127.0.0.1"])
    }
}
