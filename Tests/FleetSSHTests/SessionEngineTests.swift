import NIOCore
import NIOPosix
import Testing

@testable import FleetSSH

@Suite("The engine from bytes to bytes")
struct SessionEngineTests {
    /// Runs a body with an engine on a loop of its own.
    private func withEngine<Result: Sendable>(
        _ body: @escaping @Sendable (SessionEngine) throws -> Result
    ) async throws -> Result {
        let loop = loops.any()
        return try await loop.submit {
            let engine = try SessionEngine(eventLoop: loop)
            defer { engine.shutDown() }
            return try body(engine)
        }.get()
    }

    private func isAgain<Value>(_ progress: Progress<Value>) -> Bool {
        if case .again = progress { return true }
        return false
    }

    @Test("It sends its banner at once, and answers again while nothing comes")
    func banner() async throws {
        let text = try await withEngine { engine in
            #expect(isAgain(engine.handshake()))
            let output = engine.takeOutput().map { String(buffer: $0) }
            #expect(engine.takeOutput() == nil)
            #expect(isAgain(engine.handshake()))
            #expect(engine.outputBytes == 0)
            return output
        }
        #expect(text?.hasPrefix("SSH-2.0-libssh2") == true)
    }

    @Test("Bytes that come one at a time are as good as all at once")
    func dripFed() async throws {
        try await withEngine { engine in
            _ = engine.handshake()
            _ = engine.takeOutput()
            for byte in Array("hello there\r\nSSH-2.0-Test_1 comment\r\n".utf8) {
                #expect(engine.firstLine?.hasPrefix("SSH-") != true)
                engine.receive(ByteBuffer(bytes: [byte]))
                #expect(isAgain(engine.handshake()))
                #expect(engine.inputBytes == 0)
            }
            #expect(engine.firstLine == "SSH-2.0-Test_1 comment")
            #expect((engine.takeOutput()?.readableBytes ?? 0) > 100, "its key exchange proposal")
        }
    }

    @Test("At the end of the input every call fails instead of asking for more")
    func end() async throws {
        try await withEngine { engine in
            _ = engine.handshake()
            engine.endInput()
            guard case .failed = engine.handshake() else {
                Issue.record("no failure at the end of the input")
                return
            }
            #expect(!engine.isConnected)
            engine.receive(ByteBuffer(string: "late"))
            #expect(engine.inputBytes == 0)
        }
    }

    @Test("After the shutdown it neither crashes nor connects")
    func afterShutdown() async throws {
        try await withEngine { engine in
            _ = engine.handshake()
            engine.shutDown()
            engine.shutDown()
            engine.disconnect()
            #expect(engine.hostKey == nil)
            #expect(engine.takeOutput() == nil)
            guard case .failed = engine.handshake(), case .failed = engine.openCommandChannel() else {
                Issue.record("a call worked after the shutdown")
                return
            }
        }
    }

    @Test("A session that stops in the middle of the key exchange is freed whole", arguments: 0..<4)
    func cutShort(round: Int) async throws {
        try await withEngine { engine in
            _ = engine.handshake()
            engine.receive(ByteBuffer(string: "SSH-2.0-Test\r\n"))
            _ = engine.handshake()
            // Our own proposal, sent back: the exchange begins and waits for an answer.
            if var output = engine.takeOutput() {
                output.moveReaderIndex(to: output.readerIndex + (output.readableBytesView.firstIndex(of: 10) ?? 0) + 1)
                engine.receive(output)
            }
            _ = engine.handshake()
        }
    }
}
