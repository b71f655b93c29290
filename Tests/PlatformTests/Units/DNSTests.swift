import FleetTestSupport
import Foundation
import NIOCore
import NIOPosix
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct DNSTests {
    @Test func encodesAQueryAsTheStandardSays() throws {
        let query = DNSMessage.query(id: 0x1234, name: try DNSName("Web.Example."), type: DNSType.a)
        let expected: [UInt8] = [
            0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0x77, 0x65, 0x62, 7, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65,
            0, 0, 1, 0, 1,
        ]
        #expect(query.encoded() == expected)
        #expect(try DNSReader.message(expected) == query)
    }

    @Test func readsBackAnUpdate() throws {
        let zone = try DNSName("provisioning.local")
        let address = try #require(IPv4Address("127.64.0.1"))
        let name = DNSName(labels: ["web"] + zone.labels)
        let update = DNSMessage.update(
            id: 7, zone: zone,
            changes: [.deletion(of: name, type: DNSType.a), DNSEntry(address, ttl: 300).record(of: name)])
        let read = try DNSReader.message(update.encoded())
        #expect(read == update)
        #expect(read.flags == 0x2800 && read.authorities[1].ttl == 300 && read.authorities[1].data == [127, 64, 0, 1])
    }

    @Test func everyTruncationIsAnErrorAndNoTrap() throws {
        let name = try DNSName("a.b.c")
        let address = IPv4Address(number: 1)
        let bytes = DNSMessage(
            id: 1, flags: 0x8000, questions: [DNSQuestion(name: name, type: 1)],
            answers: [DNSEntry(address, ttl: 1).record(of: name)],
            additionals: [DNSEntry(address, ttl: 1).record(of: name)]
        ).encoded()
        for length in 0..<bytes.count {
            #expect(throws: PlatformError.self) { try DNSReader.message(Array(bytes[..<length])) }
        }
    }

    @Test func anyBytesAreReadOrRefusedButNeverTrap() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...80)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if bytes.count > 12 { bytes.replaceSubrange(4..<12, with: [0, 1, 0, 1, 0, 0, 0, 1]) }
            _ = try? DNSReader.message(bytes)
        }
    }

    @Test func namesThatPointInCirclesAreRefused() {
        let bytes: [UInt8] = [0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]
        #expect(throws: PlatformError.self) { try DNSReader.message(bytes) }
    }

    @Test(arguments: ["a..b", ".a", String(repeating: "x", count: 64), "\(String(repeating: "abc.", count: 70))a"])
    func wrongNamesAreRefused(text: String) {
        #expect(throws: PlatformError.self) { try DNSName(text) }
    }

    @Test func keyFilesOfKeymgrAreRead() throws {
        let text =
            "# hmac-sha256:fleet:AAECAw==\nkey:\n  - id: fleet\n    algorithm: hmac-sha256\n    secret: AAECAw==\n"
        #expect(try DNSKeyFile.key(in: text, path: "f").name.description == "fleet")
        let wrong = [
            "", text.replacing("sha256\n", with: "md5\n"), text.replacing("secret", with: "secrte"),
            text.replacing("AAECAw==\n", with: "no base64!\n"),
        ]
        for text in wrong {
            let error = #expect(throws: PlatformError.self) { try DNSKeyFile.key(in: text, path: "f") }
            #expect(error?.message.contains("AAEC") == false)
        }
    }

    @Test(.enabled(if: KnotServer.isInstalled, "needs knot and knot-dnsutils"), .timeLimit(.minutes(1)))
    func realServerTakesSignedUpdatesAndOnlyThose() async throws {
        let knot = try await KnotServer.start()
        do { try await exercise(knot) } catch {
            await knot.service.stop()
            throw TestServiceError("\(error)\n\(knot.service.log)")
        }
        await knot.service.stop()
    }

    private func exercise(_ knot: KnotServer) async throws {
        let updater = try updater(knot, try DNSKeyFile.read(knot.keyFile))
        try await updater.client.checkZone()
        let web = updater.client.name(of: "web")
        try await updater.put(web, [try DNSEntry(.a, "127.64.0.1", ttl: 300)], all: [:])
        #expect(try await knot.resolve("web.provisioning.local") == ["127.64.0.1"])
        let both = [try DNSEntry(.a, "127.64.0.2", ttl: 300), try DNSEntry(.aaaa, "fd00::2", ttl: 300)]
        try await updater.put(web, both, all: [:])
        #expect(try await knot.resolve("web.provisioning.local") == ["127.64.0.2"])
        #expect(try await knot.resolve("web.provisioning.local", type: "AAAA") == ["fd00::2"])
        try await updater.put(web, [try DNSEntry(.cname, "ns.provisioning.local", ttl: 5)], all: [:])
        #expect(try await knot.resolve("web.provisioning.local").first == "ns.provisioning.local.")
        try await updater.put(web, [try DNSEntry(.txt, #"a "b" \\ c"#, ttl: 5)], all: [:])
        #expect(try await knot.resolve("web.provisioning.local", type: "TXT") == [#""a \"b\" \\\\ c""#])
        for _ in 0..<2 {
            try await updater.put(web, [], all: [:])
            #expect(try await knot.resolve("web.provisioning.local", type: "TXT") == [])
        }

        let intruder = try self.updater(knot, TSIG(name: try DNSName("fleet"), secret: Array(repeating: 7, count: 32)))
        let error = await #expect(throws: PlatformError.self) { try await intruder.put(web, both, all: [:]) }
        #expect(error?.message.contains("refuses") == true, "\(error?.message ?? "")")
        #expect(try await knot.resolve("web.provisioning.local") == [])
    }

    private func updater(_ knot: KnotServer, _ key: TSIG) throws -> DNSUpdater {
        let server = try SocketAddress(ipAddress: "127.0.0.1", port: knot.port)
        let transport = DNSTransport(server: server, group: MultiThreadedEventLoopGroup.singleton)
        return DNSUpdater(client: DNSClient(zone: try DNSName(knot.zone), transport: transport), key: key)
    }

    @Test(.timeLimit(.minutes(1))) func silentServerIsNamedInTheError() async throws {
        let port = try TestService.freePort()
        let transport = DNSTransport(
            server: try SocketAddress(ipAddress: "127.0.0.1", port: port), group: MultiThreadedEventLoopGroup.singleton)
        let query = DNSMessage.query(id: 1, name: try DNSName("a"), type: 1).encoded()
        let error = await #expect(throws: PlatformError.self) { try await transport.exchange(query) }
        #expect(error?.kind == .unavailable && error?.message.contains("\(port)") == true)
    }
}
