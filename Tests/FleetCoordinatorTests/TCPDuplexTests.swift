import FleetSystem
import NIOCore
import NIOPosix
import Testing

@testable import FleetCoordinator

@Suite struct TCPDuplexTests {
    /// A connection over the real loopback interface; closed at the end.
    private func connected(
        _ body: @escaping @Sendable (TCPDuplex, LoopbackListener.Peer) async throws -> Void
    ) async throws {
        let listener = try LoopbackListener()
        try await withTimeLimit(.seconds(20)) {
            let stream = try await TCPDuplex.connect(port: listener.port, on: MultiThreadedEventLoopGroup.singleton)
            let result: Result<Void, any Error>
            do { result = .success(try await body(stream, try listener.accept())) } catch { result = .failure(error) }
            await stream.close()
            try result.get()
        }
    }

    @Test func bytesComeAndGoInOrderAndTheEndIsSeen() async throws {
        try await connected { stream, peer in
            try await stream.write(ByteBuffer(string: "hello "))
            try await stream.write(ByteBuffer(string: "peer"))
            let arrived = Locked<[UInt8]>([])
            let all = await Waiting.until(within: .seconds(5)) {
                arrived.withLock { $0 += peer.received() }
                return arrived.withLock { $0.count } == 10
            }
            #expect(all)
            #expect(String(decoding: arrived.withLock { $0 }, as: UTF8.self) == "hello peer")
            #expect(peer.send(atMost: 1000) == 1000)
            peer.endWriting()
            var count = 0
            while let bytes = try await stream.read() { count += bytes.readableBytes }
            #expect(count == 1000)
            #expect(try await stream.read() == nil)
        }
    }

    @Test func aReaderThatIsBehindSlowsTheSenderDown() async throws {
        let limit = 64 << 20
        try await connected { stream, peer in
            let sent = Locked(0)
            // The system's own buffers take some megabytes; after that nothing moves while nobody reads.
            _ = await Waiting.until(within: .seconds(2), every: .milliseconds(20)) {
                let more = peer.send(atMost: limit - sent.withLock { $0 })
                sent.withLock { $0 += more }
                return more == 0
            }
            #expect(sent.withLock { $0 } < limit)
            peer.endWriting()
            var count = 0
            while let bytes = try await stream.read() { count += bytes.readableBytes }
            #expect(count == sent.withLock { $0 }, "and nothing is lost")
        }
    }

    @Test func aReadThatWaitsEndsWhenItIsCancelled() async throws {
        try await connected { stream, peer in
            let begun = ContinuousClock.now
            await #expect(throws: (any Error).self) {
                try await withTimeLimit(.milliseconds(100)) {
                    while try await stream.read() != nil {}
                    throw CancellationError()
                }
            }
            #expect(ContinuousClock.now - begun < .seconds(5))
            withExtendedLifetime(peer) {}
        }
    }

    @Test func aWriteThatIsStuckEndsWhenItIsCancelled() async throws {
        try await connected { stream, peer in
            let begun = ContinuousClock.now
            await #expect(throws: (any Error).self) {
                try await withTimeLimit(.milliseconds(300)) {
                    while true { try await stream.write(ByteBuffer(repeating: 7, count: 1 << 20)) }
                }
            }
            #expect(ContinuousClock.now - begun < .seconds(5))
            withExtendedLifetime(peer) {}
        }
    }

    @Test func nobodyListeningIsAnError() async throws {
        let port = try LoopbackListener().port
        await #expect(throws: (any Error).self) {
            try await TCPDuplex.connect(port: port, on: MultiThreadedEventLoopGroup.singleton)
        }
    }
}
