import FleetProtocol
import Foundation
import NIOCore
import Testing

@Suite("Golden lines")
struct GoldenTests {
    private let coder = MessageCoder()

    @Test("there are enough of them, and good ones of every type")
    func coverage() throws {
        let good = try Golden.good()
        #expect(good.count + (try Golden.tolerated().count) + (try Golden.bad().count) >= 60)
        let seen = Set(try good.map { try coder.decode(ByteBuffer(string: $0)).typeName })
        #expect(seen == Set(Message.typeNames))
        #expect(Set(try Golden.bad().map(\.code)).isSubset(of: Set(ErrorCode.allCases.map(\.rawValue))))
    }

    @Test("a good line is read and written byte for byte", arguments: try Golden.good())
    func good(line: String) throws {
        let message = try coder.decode(ByteBuffer(string: line))
        #expect(String(buffer: try coder.encode(message)) == line + "\n")
    }

    @Test("a line in another form means the same", arguments: try Golden.tolerated())
    func tolerated(entry: Golden.Tolerated) throws {
        let message = try coder.decode(ByteBuffer(string: entry.line))
        #expect(message == (try coder.decode(ByteBuffer(string: entry.means))))
        #expect(String(buffer: try coder.encode(message)) == entry.means + "\n")
    }

    @Test("a bad line is refused with its code", arguments: try Golden.bad())
    func bad(entry: Golden.Bad) throws {
        let error = #expect(throws: MalformedLine.self) { _ = try coder.decode(entry.bytes) }
        #expect(error?.code.rawValue == entry.code)
        #expect((error?.description.utf8.count ?? 0) <= 300)
    }

    @Test("every example of PROTOCOL.md is a message, and there is one of every type")
    func examples() throws {
        let messages = try Golden.examples().map { try coder.decode(ByteBuffer(string: $0)) }
        #expect(Set(messages.map(\.typeName)) == Set(Message.typeNames))
    }

    @Test("PROTOCOL.md explains every error code")
    func codes() throws {
        let text = try String(contentsOf: Golden.contract.appending(path: "PROTOCOL.md"), encoding: .utf8)
        for code in ErrorCode.allCases { #expect(text.contains("`\(code.rawValue)`")) }
    }

    @Test("the codes of broken lines are error codes")
    func brokenLineCodes() {
        for code in MalformedLine.Code.allCases { #expect(ErrorCode(rawValue: code.rawValue)?.endsConnection == false) }
    }
}
