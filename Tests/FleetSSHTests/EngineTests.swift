import NIOCore
import NIOPosix
import Testing

@testable import FleetSSH

/// The byte shim alone: libssh2 without any socket.
@Suite("Session engine", .timeLimit(.minutes(1)))
struct EngineTests {
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

    @Test("It says its banner first, and waits for the other one without an error")
    func banner() async throws {
        let output = try await withEngine { engine in
            #expect(engine.handshake().isAgain)
            #expect(engine.handshake().isAgain)
            #expect(engine.isConnected)
            #expect(engine.firstLine == nil)
            return engine.takeOutput().map { String(buffer: $0) }
        }
        #expect(output?.hasPrefix("SSH-2.0-libssh2") == true)
        #expect(output?.hasSuffix("\r\n") == true)
    }

    @Test("A banner that comes byte by byte is one banner, and the key exchange follows it")
    func dripFed() async throws {
        try await withEngine { engine in
            #expect(engine.handshake().isAgain)
            _ = engine.takeOutput()
            #expect(engine.takeOutput() == nil)
            for byte in Self.banner.utf8 {
                #expect(engine.takeOutput() == nil)
                engine.receive(ByteBuffer(bytes: [byte]))
                #expect(engine.handshake().isAgain)
                #expect(engine.inputBytes == 0)
            }
            #expect(engine.firstLine == "SSH-2.0-Test_1.0")
            // The first packet of the key exchange: its number is 20.
            let packet = try #require(engine.takeOutput())
            #expect(packet.getInteger(at: packet.readerIndex + 5, as: UInt8.self) == 20)
        }
    }

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

    @Test("The end of the input fails what waits, and ends the connection")
    func end() async throws {
        try await withEngine { engine in
            engine.receive(ByteBuffer(string: Self.banner))
            #expect(engine.handshake().isAgain)
            engine.endInput()
            #expect(!engine.isConnected)
            #expect(throws: LibraryFailure.self) { try engine.handshake().isDone }
            // Nothing more is taken after the end.
            engine.receive(ByteBuffer(string: "late"))
            #expect(engine.inputBytes == 0)
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

    @Test("After its end every call fails, none crashes")
    func afterTheEnd() async throws {
        try await withEngine { engine in
            _ = engine.handshake()
            engine.shutDown()
            engine.shutDown()
            engine.disconnect()
            #expect(!engine.isConnected)
            #expect(engine.hostKey == nil)
            #expect(throws: LibraryFailure.self) { try engine.handshake().isDone }
            #expect(throws: LibraryFailure.self) { try engine.openCommandChannel().isDone }
            #expect(throws: LibraryFailure.self) { try engine.openTunnelChannel(port: 1).isDone }
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

@Suite("Life of a channel")
struct ChannelLifecycleTests {
    @Test("The end goes in its order: last bytes, our end, both ends, close, free")
    func order() {
        var lifecycle = ChannelLifecycle()
        #expect(lifecycle.duties(hasPendingWrites: true) == [.read, .write])
        lifecycle.finishWriting()
        #expect(!lifecycle.acceptsWrites)
        #expect(lifecycle.duties(hasPendingWrites: true) == [.read, .write])
        #expect(lifecycle.duties(hasPendingWrites: false) == [.read, .sendEnd])
        lifecycle.endSent()
        #expect(lifecycle.duties(hasPendingWrites: false) == [.read])
        lifecycle.inboundEnded()
        #expect(lifecycle.duties(hasPendingWrites: false) == [.awaitClose])
        lifecycle.beginClosing()
        #expect(lifecycle.duties(hasPendingWrites: true) == [.close])
        lifecycle.closed()
        #expect(lifecycle.duties(hasPendingWrites: false) == [.free])
        lifecycle.freed()
        #expect(lifecycle.isFreed)
        #expect(lifecycle.duties(hasPendingWrites: true) == [])
    }

    @Test("Events out of order change nothing")
    func outOfOrder() {
        var lifecycle = ChannelLifecycle()
        lifecycle.endSent()
        lifecycle.closed()
        #expect(lifecycle == ChannelLifecycle())
        lifecycle.beginClosing()
        lifecycle.finishWriting()
        lifecycle.inboundEnded()
        lifecycle.endSent()
        #expect(lifecycle.duties(hasPendingWrites: false) == [.close])
    }
}
