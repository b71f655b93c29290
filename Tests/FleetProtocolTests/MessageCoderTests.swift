import FleetModel
import FleetProtocol
import NIOCore
import Testing

@Suite("Messages and lines")
struct MessageCoderTests {
    private let coder = MessageCoder()

    private func code(_ line: String) -> MalformedLine.Code? {
        do throws(MalformedLine) {
            _ = try coder.decode(ByteBuffer(string: line))
            return nil
        } catch {
            return error.code
        }
    }

    @Test("64 levels are read, 65 are refused, a million do not crash")
    func depth() {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            #"{"type":"ping","number":1,"x":"# + String(repeating: open, count: depth) + "1"
                + String(repeating: close, count: depth) + "}"
        }
        #expect(code(nested(63, "[", "]")) == nil)
        #expect(code(nested(64, "[", "]")) == .tooDeep)
        #expect(code(nested(63, #"{"a":"#, "}")) == nil)
        #expect(code(nested(64, #"{"a":"#, "}")) == .tooDeep)
        #expect(code(nested(500_000, "[", "]")) == .tooDeep)
        #expect(code(#"{"type":"finish","reason":""# + String(repeating: "[", count: 100_000) + #""}"#) == nil)
    }

    @Test("a number of 100,000 digits is out of range, nothing worse")
    func digits() {
        #expect(code(#"{"type":"ping","number":"# + String(repeating: "9", count: 100_000) + "}") == .badField)
        #expect(code(#"{"type":"ping","number":-"# + String(repeating: "9", count: 100_000) + "}") == .badField)
    }

    @Test("a line over the limit is refused by the coder too")
    func length() {
        let line = #"{"type":"finish","reason":""# + String(repeating: "x", count: 1 << 20) + #""}"#
        #expect(code(line) == .tooLong)
        let message = Message.finish(.init(reason: String(repeating: "x", count: 1 << 20)))
        let error = #expect(throws: MalformedLine.self) { _ = try coder.encode(message) }
        #expect(error?.code == .tooLong)
    }

    @Test("a duration that is no number cannot be sent")
    func notANumber() {
        let state = Message.EnvironmentState(lane: 0, mode: .solo, state: .down, seconds: .nan)
        #expect(throws: EncodingError.self) { _ = try coder.encode(.environment(state)) }
    }

    @Test("an error names the field, however deep, and never quotes the line")
    func fieldNames() {
        let line = """
            {"type":"shard","lane":0,"candidates":[{"id":"a/b"},{"id":"a/c","kind":"command","command":["secret\\u0000"]}]}
            """
        let error = #expect(throws: MalformedLine.self) { _ = try coder.decode(ByteBuffer(string: line)) }
        #expect(error?.description == "the field candidates.[1].command contains a NUL")
    }

    @Test("the answer to a broken line carries its code")
    func answer() {
        let report = Message.ErrorReport(MalformedLine(code: .notUTF8, description: "the line is not UTF-8"))
        #expect(report == .init(code: "not-utf8", message: "the line is not UTF-8"))
    }

    @Test("an offer that is too long for a line becomes several with the same candidates")
    func longOffer() throws {
        let tests = try (0..<3000).map { number in
            let id = try #require(TestID("load/test-\(number)"))
            let command = CommandSpecification(command: .shell(String(repeating: "x", count: 1000)))
            return TestCase(id: id, title: "", modes: [], kind: .command(command))
        }
        let offer = Message.Shard(lane: 3, environment: .init(mode: .solo), candidates: tests)
        let lines = try coder.encode(offer: offer)
        #expect(lines.count == 4)
        let parts = try lines.map { line -> Message.Shard in
            var line = line
            line.moveWriterIndex(to: line.writerIndex - 1)
            guard case .shard(let part) = try coder.decode(line) else { throw WrongMessage() }
            #expect(part.lane == 3 && part.environment == offer.environment)
            return part
        }
        #expect(parts.flatMap(\.candidates) == tests)
        #expect(try coder.encode(offer: .init(lane: 0, environment: nil, candidates: [])).count == 1)
    }

    @Test("a result always fits into a line, with its outcome")
    func longResult() throws {
        let flood = String(repeating: "\u{1}", count: 300_000)
        let log = ServiceLog(service: "dns", text: BoundedText(head: flood, tail: flood, cutBytes: 5))
        let result = AttemptResult(
            outcome: .failed, seconds: 1, message: flood,
            failure: Failure(message: flood, expected: flood, actual: flood),
            output: BoundedText(head: flood), serviceLogs: Array(repeating: log, count: 5))
        let line = try coder.encode(fitting: try message(result))
        #expect(line.readableBytes <= ProtocolVersion.maximumLineLength + 1)
        guard case .result(let read) = try coder.decode(line.getSlice(at: 0, length: line.readableBytes - 1) ?? line)
        else { throw WrongMessage() }
        #expect(read.result.outcome == .failed)
        let output = read.result.output
        #expect(output.cutBytes + output.head.utf8.count + output.tail.utf8.count == flood.utf8.count)
    }

    @Test("a result that fits is sent as it is")
    func shortResult() throws {
        let short = try message(AttemptResult(outcome: .passed, seconds: 1, output: BoundedText(head: "hello")))
        #expect(try coder.encode(fitting: short) == (try coder.encode(.result(short))))
    }

    private struct WrongMessage: Error {}

    private func message(_ result: AttemptResult) throws -> Message.Result {
        Message.Result(
            sequence: 1, attempt: AttemptID(rawValue: 1), test: try #require(TestID("a/b")), lane: 0, slot: 0,
            epoch: Epoch(rawValue: 1), result: result)
    }
}
