import NIOCore
import NIOPosix
import Testing

@testable import FleetSSH

/// The byte shim alone: libssh2 without any socket.
@Suite("Session engine, corner cases", .timeLimit(.minutes(1)))
struct EngineCornerTests {
    /// Runs a body on a loop, where an engine must live, and shuts the engine down after it.
    private func withEngine<Result: Sendable>(
        _ body: @escaping @Sendable (SessionEngine) throws -> Result
    ) async throws -> Result {
        let loop = loops.next()
        return try await loop.submit {
            let engine = try SessionEngine(eventLoop: loop)
            defer { engine.shutDown() }
            return try body(engine)
        }.get()
    }

    private static let banner = "SSH-2.0-Test_1.0\r\n"

    @Test("Kinds of host key are asked for in the order given, without those that the library lacks")
    func hostKeyKinds() async throws {
        try await withEngine { engine in
            engine.prefer(hostKeyKinds: ["no-such-kind", "ecdsa-sha2-nistp256", "another-one", "ssh-ed25519"])
            engine.receive(ByteBuffer(string: Self.banner))
            _ = engine.handshake()
            let output = try #require(engine.takeOutput())
            let text = String(decoding: output.readableBytesView, as: UTF8.self)
            #expect(text.contains("ecdsa-sha2-nistp256,ssh-ed25519\0"))
            #expect(!text.contains("no-such-kind"))
        }
    }

    @Test("Lines before the banner are passed over, as the standard wants")
    func linesBefore() async throws {
        try await withEngine { engine in
            engine.receive(ByteBuffer(string: "Welcome\r\nto this machine\r\n"))
            #expect(engine.handshake().isAgain)
            #expect(engine.firstLine == "to this machine")
            engine.receive(ByteBuffer(string: Self.banner))
            #expect(engine.handshake().isAgain)
            #expect(engine.firstLine == "SSH-2.0-Test_1.0")
        }
    }

    @Test("Garbage instead of the key exchange is a failure with words", arguments: [UInt8(0), 0x7f, 0xff])
    func garbage(byte: UInt8) async throws {
        try await withEngine { engine in
            engine.receive(ByteBuffer(string: Self.banner))
            #expect(engine.handshake().isAgain)
            engine.receive(ByteBuffer(repeating: byte, count: 100_000))
            let failure = #expect(throws: LibraryFailure.self) {
                for _ in 0..<10 { _ = try engine.handshake().isDone }
            }
            #expect(failure?.description.isEmpty == false)
        }
    }

    @Test("A good-bye in the middle of the key exchange is sent as such")
    func disconnecting() async throws {
        try await withEngine { engine in
            engine.receive(ByteBuffer(string: Self.banner))
            _ = engine.handshake()
            _ = engine.takeOutput()
            engine.disconnect()
            // SSH_MSG_DISCONNECT is 1.
            let packet = try #require(engine.takeOutput())
            #expect(packet.getInteger(at: packet.readerIndex + 5, as: UInt8.self) == 1)
        }
    }

    @Test("Engines that end at any point of the handshake leave nothing behind")
    func freed() async throws {
        let loop = loops.next()
        try await loop.submit {
            for count in 0..<200 {
                weak var gone: SessionEngine?
                do {
                    let engine = try SessionEngine(eventLoop: loop)
                    gone = engine
                    engine.receive(ByteBuffer(bytes: Array(Self.banner.utf8.prefix(count % 20))))
                    _ = engine.handshake()
                    if count % 2 == 0 { engine.shutDown() }
                }
                #expect(gone == nil)
            }
        }.get()
    }
}

extension Progress {
    fileprivate var isAgain: Bool {
        if case .again = self { return true }
        return false
    }
}
