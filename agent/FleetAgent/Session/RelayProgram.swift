import FleetProtocol
import FleetSystem
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `agent connect` does: it carries streams between its standard streams and the agents of this host.
///
/// For hosts whose SSH server forbids forwarding. It holds no rights of its own: whoever may run it, may connect to these
/// ports by other means, and the agents ask for the token. It ends with its input, or when nobody uses it for a while:
/// an SSH server may notice only late that its client has gone.
enum RelayProgram {
    private typealias Pipe = NIOAsyncChannel<RelayFrame, ByteBuffer>
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// How long it waits for a stream.
    private static let patience = Duration.seconds(15)

    static func main() async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        do {
            let pipe = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptors(input: dup(0), output: dup(1)) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ByteToMessageHandler(RelayDecoder(afterMarker: false)))
                        return try Pipe(wrappingChannelSynchronously: channel)
                    }
                }
            try await pipe.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: RelayFrame.marker))
                try await relay(inbound, outbound)
            }
            return 0
        } catch {
            StandardStreams.complain("the relay broke: \(error)")
            return 1
        }
    }

    private static func relay(
        _ inbound: NIOAsyncChannelInboundStream<RelayFrame>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        // Bounded by the windows of the streams.
        let (frames, queue) = AsyncStream.makeStream(of: RelayFrame.self)
        let multiplexer = RelayMultiplexer { queue.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await frame in frames { try await outbound.write(frame.encoded()) }
            }
            group.addTask { try await read(inbound, multiplexer) }
            group.addTask { await waitUntilUnused(multiplexer) }
            defer {
                multiplexer.end(reason: "the relay has ended")
                queue.finish()
                group.cancelAll()
            }
            try await group.next()
        }
    }

    private static func read(
        _ inbound: NIOAsyncChannelInboundStream<RelayFrame>, _ multiplexer: RelayMultiplexer
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await frame in inbound {
                guard let (stream, port) = multiplexer.take(frame) else { continue }
                group.addTask {
                    await carry(stream, to: port)
                    multiplexer.forget(stream)
                }
            }
            group.cancelAll()
        }
    }

    /// Nothing announces that nobody will ask any more; looked at until the relay ends.
    private static func waitUntilUnused(_ multiplexer: RelayMultiplexer) async {
        var lastUse = ContinuousClock.now
        while ContinuousClock.now - lastUse < patience {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            if !multiplexer.isIdle { lastUse = .now }
        }
    }

    private static func carry(_ stream: RelayStream, to port: Int) async {
        do {
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connectTimeout(.seconds(5))
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
                }
            stream.confirmOpening()
            try await connection.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for try await bytes in inbound { try await stream.write(bytes) }
                    }
                    group.addTask {
                        while let bytes = try await stream.read() { try await outbound.write(bytes) }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            stream.close()
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            stream.close(reason: "connection refused")
        } catch {
            stream.close(reason: "\(error)")
        }
    }
}
