import Testing

@testable import FleetTestKit

@Suite("DNS messages")
struct DNSTests {
    /// An answer for `web.example`, A, with the owner as a pointer to the question.
    private static let answer: [UInt8] =
        [0x12, 0x34, 0x84, 0x00, 0, 1, 0, 1, 0, 0, 0, 0]
        + [3] + Array("web".utf8) + [7] + Array("Example".utf8) + [0, 0, 1, 0, 1]
        + [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 127, 64, 0, 3]

    @Test("a question has the bytes of RFC 1035")
    func question() throws {
        let bytes = try #require(DNSMessage.query(id: 0x1234, name: "a.bc.", type: .soa))
        #expect(bytes == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 2, 98, 99, 0, 0, 6, 0, 1])
    }

    @Test("names that cannot be written are refused", arguments: ["a..b", String(repeating: "x", count: 64), ".a"])
    func badNames(_ name: String) {
        #expect(DNSMessage.query(id: 1, name: name, type: .a) == nil)
    }

    @Test("an answer with a compressed name is read, names in lower case")
    func answer() throws {
        let message = try DNSReader.message(Self.answer)
        #expect(message.id == 0x1234 && message.isResponse && message.isAuthoritative && message.code == .noError)
        #expect(message.question == DNSQuestion(name: "web.example", type: .a))
        #expect(
            message.answers == [
                DNSRecord(name: "web.example", type: .a, ttl: 300, value: .address("127.64.0.3"))
            ])
    }

    @Test("an answer that was cut anywhere is refused, not read further")
    func cut() {
        for count in 0..<Self.answer.count {
            #expect(throws: MalformedDNSMessage.self) { try DNSReader.message(Array(Self.answer.prefix(count))) }
        }
    }

    @Test("names that point forwards or at themselves are refused", arguments: [UInt8(12), 33, 200])
    func loops(_ target: UInt8) {
        let bytes: [UInt8] = [0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, target, 0, 1, 0, 1]
        #expect(throws: MalformedDNSMessage.self) { try DNSReader.message(bytes) }
    }

    @Test("bytes changed anywhere never trap")
    func changed() {
        for index in Self.answer.indices {
            for value in [UInt8(0), 0x3f, 0x40, 0x7f, 0xc0, 0xff] {
                var bytes = Self.answer
                bytes[index] = value
                _ = try? DNSReader.message(bytes)
            }
        }
    }

    @Test("AAAA, TXT, NS and SOA are read")
    func otherTypes() throws {
        func record(_ type: DNSType, _ data: [UInt8]) throws -> DNSRecord.Value {
            let head: [UInt8] = [0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 122, 0]
            let bytes =
                head + type.rawValue.bigEndianBytes + [0, 1, 0, 0, 0, 60] + UInt16(data.count).bigEndianBytes + data
            return try #require(try DNSReader.message(bytes).answers.first).value
        }
        #expect(try record(.aaaa, [UInt8](repeating: 0, count: 15) + [1]) == .address("::1"))
        #expect(try record(.txt, [2, 104, 105, 1, 33]) == .text(["hi", "!"]))
        #expect(try record(.ns, [1, 110, 0xc0, 12]) == .name("n.z"))
        let start = try record(.soa, [1, 110, 0xc0, 12, 0, 0, 0, 0, 9] + [UInt8](repeating: 0, count: 16))
        #expect(start == .start(primary: "n.z", mailbox: "", serial: 9))
        #expect(try record(DNSType(rawValue: 99), [1, 2]) == .other([1, 2]))
    }

    @Test("a server that does not answer is given up within the limit", arguments: DNSClient.Transport.allCases)
    func silence(_ transport: DNSClient.Transport) async throws {
        // A bound datagram socket that nobody reads, and a port without a listener.
        let client = DNSClient(address: "127.0.0.1", port: 1)
        let start = ContinuousClock.now
        await #expect(throws: DNSFailure.self) {
            _ = try await client.query("x.example", .a, over: transport, within: .milliseconds(300))
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("a name is no address of a server")
    func namedServer() async {
        await #expect(throws: DNSFailure.self) {
            _ = try await DNSClient(address: "localhost", port: 53).query("x.example", .a)
        }
    }
}
