import FleetProtocol
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOTestUtils
import Testing

@Suite("The relay: many streams over one pair of standard streams", .timeLimit(.minutes(1)))
struct RelayTests {
    private static let frames: [RelayFrame] = [
        RelayFrame(stream: 1, .open(port: 40_000)), RelayFrame(stream: 1, .opened),
        RelayFrame(stream: 7, .data(ByteBuffer(string: "hello"))), RelayFrame(stream: 7, .window(70_000)),
        RelayFrame(stream: .max, .close(reason: "connection refused")), RelayFrame(stream: 2, .close(reason: "")),
    ]

    @Test("Frames survive every split of their bytes")
    func verifier() throws {
        let pairs = Self.frames.map { ($0.encoded(), [$0]) }
        try ByteToMessageDecoderVerifier.verifyDecoder(inputOutputPairs: pairs) { RelayDecoder(afterMarker: false) }
    }

    @Test(
        "What a shell prints before the first line is thrown away", arguments: ["", "Welcome\n", "fleet-relay 0\nff"])
    func noise(_ noise: String) throws {
        var bytes = ByteBuffer(string: noise + RelayFrame.marker)
        for frame in Self.frames { bytes.writeImmutableBuffer(frame.encoded()) }
        let processor = NIOSingleStepByteToMessageProcessor(RelayDecoder(afterMarker: true))
        var read: [RelayFrame] = []
        for byte in bytes.readableBytesView {
            try processor.process(buffer: ByteBuffer(bytes: [byte])) { read.append($0) }
        }
        #expect(read == Self.frames)
    }

    @Test("Bytes that make no sense are an error, and so is a shell that prints without end")
    func nonsense() throws {
        let wrong: [[UInt8]] = [
            [9, 0, 0, 0, 1, 0, 0, 0, 0], [3, 0, 0, 0, 1, 0, 1, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0],
            [1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 1, 0, 0], [4, 0, 0, 0, 1, 0, 0, 0, 1, 0],
        ]
        for bytes in wrong {
            var decoder = RelayDecoder(afterMarker: false)
            var buffer = ByteBuffer(bytes: bytes)
            #expect(throws: RelayFault.self, "\(bytes)") { try decoder.decode(buffer: &buffer) }
        }
        var decoder = RelayDecoder(afterMarker: true)
        var endless = ByteBuffer(repeating: UInt8(ascii: "f"), count: 2 << 20)
        #expect(throws: RelayFault.self) { try decoder.decode(buffer: &endless) }
    }

    /// Two ends, each frame of one taken by the other at once.
    private final class Pair: Sendable {
        let near: RelayMultiplexer
        let far: RelayMultiplexer
        let accepted: AsyncStream<RelayStream>
        let frames = NIOLockedValueBox<[RelayFrame]>([])

        init() {
            let other = NIOLockedValueBox<RelayMultiplexer?>(nil)
            let (accepted, accept) = AsyncStream.makeStream(of: RelayStream.self)
            self.accepted = accepted
            let frames = frames
            let near = RelayMultiplexer { frame in
                frames.withLockedValue { $0.append(frame) }
                let far = other.withLockedValue { $0 }
                if let stream = far?.take(frame)?.stream { accept.yield(stream) }
            }
            self.near = near
            far = RelayMultiplexer { _ = near.take($0) }
            other.withLockedValue { [far] in $0 = far }
        }

        func connect() async throws -> (RelayStream, RelayStream) {
            let here = near.openStream(port: 1)
            var iterator = accepted.makeAsyncIterator()
            let there = try #require(await iterator.next())
            there.confirmOpening()
            try await here.awaitOpening()
            return (here, there)
        }
    }

    @Test("Streams do not wait for each other: one that nobody reads stops at its window")
    func backPressure() async throws {
        let pair = Pair()
        let (slow, _) = try await pair.connect()
        let (quick, reader) = try await pair.connect()
        // Ends when the streams are closed at the end of the test.
        let writer = Task { try await slow.write(ByteBuffer(repeating: 1, count: 1 << 20)) }
        try await quick.write(ByteBuffer(string: "quick"))
        #expect(try await reader.read() == ByteBuffer(string: "quick"))
        func sent() -> Int {
            pair.frames.withLockedValue { frames in
                frames.reduce(0) { sum, frame in
                    if frame.stream == slow.id, case .data(let bytes) = frame.content {
                        sum + bytes.readableBytes
                    } else {
                        sum
                    }
                }
            }
        }
        while sent() < RelayFrame.window { await Task.yield() }
        #expect(sent() == RelayFrame.window)
        slow.close()
        await #expect(throws: (any Error).self) { try await writer.value }
        #expect(
            pair.frames.withLockedValue { $0.allSatisfy { $0.encoded().readableBytes <= 9 + RelayFrame.mostBytes } })
    }

    @Test("A megabyte arrives whole, with the window opened again and again, and the end comes after it")
    func bulk() async throws {
        let pair = Pair()
        let (here, there) = try await pair.connect()
        let sent = ByteBuffer(bytes: (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
        async let written: Void = {
            try await there.write(sent)
            there.close()
        }()
        var received = ByteBuffer()
        while var bytes = try await here.read() { received.writeBuffer(&bytes) }
        try await written
        #expect(received == sent)
        await #expect(throws: RelayFault.self) { try await here.write(ByteBuffer(string: "late")) }
    }

    @Test("A refusal carries its words, and the end of the relay ends every stream")
    func ends() async throws {
        let pair = Pair()
        let refused = pair.near.openStream(port: 1)
        var iterator = pair.accepted.makeAsyncIterator()
        let asked = try #require(await iterator.next())
        asked.close(reason: "connection refused")
        let error = await #expect(throws: RelayFault.self) { try await refused.awaitOpening() }
        #expect(error?.description == "connection refused")
        let (here, _) = try await pair.connect()
        pair.near.end(reason: "the connection was lost")
        await #expect(throws: RelayFault.self) { try await here.read() }
        await #expect(throws: RelayFault.self) { try await pair.near.openStream(port: 1).awaitOpening() }
        #expect(pair.near.isIdle)
    }
}
