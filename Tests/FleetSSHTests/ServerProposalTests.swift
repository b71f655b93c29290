import NIOCore
import Testing

@testable import FleetSSH

@Suite("What a server offers")
struct ServerProposalTests {
    private func packet(_ lists: [String], padding: Int = 5) -> ByteBuffer {
        var body = ByteBuffer(bytes: [20] + [UInt8](repeating: 9, count: 16))
        for list in lists { body.writeSSHString(Array(list.utf8)) }
        var packet = ByteBuffer()
        packet.writeInteger(UInt32(body.readableBytes + padding + 1))
        packet.writeInteger(UInt8(padding))
        packet.writeBuffer(&body)
        packet.writeRepeatingByte(0, count: padding)
        return packet
    }

    private func stream(_ lists: [String] = ["k1,k2", "h", "c1", "x", "m", "y", "", ""]) -> ByteBuffer {
        var bytes = ByteBuffer(string: "Hello\r\nSSH-2.0-Test\r\n")
        bytes.writeImmutableBuffer(packet(lists))
        return bytes
    }

    @Test("It is found at once and byte by byte")
    func dripped() throws {
        var whole = ProposalReader()
        whole.add(stream())
        var dripped = ProposalReader()
        var rest = stream()
        while let byte = rest.readSlice(length: 1) { dripped.add(byte) }
        let proposal = try #require(whole.proposal)
        #expect(dripped.proposal == proposal)
        #expect(proposal.offers == [.keyExchange: ["k1", "k2"], .hostKey: ["h"], .cipher: ["c1"], .mac: ["m"]])
    }

    @Test("Only what has nothing in common is a gap")
    func gaps() throws {
        var reader = ProposalReader()
        reader.add(stream())
        let proposal = try #require(reader.proposal)
        let gaps = proposal.gaps(with: [.keyExchange: ["k2"], .hostKey: ["other"], .cipher: ["c1"], .mac: []])
        #expect(gaps.map(\.subject) == [.hostKey, .mac])
        #expect(gaps.first?.offered == ["h"])
    }

    @Test("What is none is given up, with bounded memory")
    func hopeless() {
        var foreign = ProposalReader()
        foreign.add(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"))
        #expect(foreign.proposal == nil)
        var endless = ProposalReader()
        for _ in 0..<100 { endless.add(ByteBuffer(repeating: 65, count: 4096)) }
        #expect(endless.proposal == nil)
        for length in [0, 1, 5, 0x7fff_ffff, 0xffff_ffff] as [UInt32] {
            var bytes = ByteBuffer(string: "SSH-2.0-Test\r\n")
            bytes.writeInteger(length)
            bytes.writeBytes([5, 20, 1, 2, 3])
            var reader = ProposalReader()
            reader.add(bytes)
            #expect(reader.proposal == nil)
        }
        var short = ProposalReader()
        short.add(stream(["k"]))
        #expect(short.proposal == nil)
    }
}
