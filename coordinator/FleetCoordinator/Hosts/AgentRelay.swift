import FleetProtocol
import FleetSSH
import NIOConcurrencyHelpers
import NIOCore

/// `agent connect` on a host, over one command channel: every stream to agents of that host shares it.
final class AgentRelay: Sendable {
    /// How long the other end may take to connect to a port of its own loopback address, its start included.
    private static let patience = Duration.seconds(10)

    private let tunnel: SSHTunnel
    private let multiplexer: RelayMultiplexer
    private let isOver = NIOLockedValueBox(false)
    private let queue: AsyncStream<RelayFrame>.Continuation

    /// Begins to speak with a relay that was started.
    init(_ tunnel: SSHTunnel) {
        self.tunnel = tunnel
        // Bounded by the windows of the streams.
        let (frames, queue) = AsyncStream.makeStream(of: RelayFrame.self)
        self.queue = queue
        multiplexer = RelayMultiplexer { queue.yield($0) }
        // Both end with the channel, which `end`, the connection or the program itself ends; nobody awaits them.
        Task { [weak self] in
            let reason = await Self.read(tunnel, self?.multiplexer)
            self?.end(reason: reason)
        }
        Task { [weak self] in
            for await frame in frames {
                do { try await tunnel.write(frame.encoded()) } catch {
                    self?.end(reason: "\(error)")
                    return
                }
            }
            await tunnel.close()
        }
    }

    deinit { queue.finish() }

    /// Whether streams can be opened.
    var isOpen: Bool { !isOver.withLockedValue { $0 } }

    /// Connects to a port of the host's loopback address.
    func open(port: Int) async throws(LinkError) -> any ByteDuplex {
        let stream = multiplexer.openStream(port: port)
        do {
            try await withTimeLimit(Self.patience) { try await stream.awaitOpening() }
            return RelayDuplex(stream: stream, relay: self)
        } catch {
            release(stream)
            if let fault = error as? RelayFault, fault.description == "connection refused" {
                throw LinkError(.agentGone, "nobody listens on the agent's port \(port)")
            }
            throw LinkError(.transient, "`agent connect` opened no connection to port \(port): \(error)")
        }
    }

    fileprivate func release(_ stream: RelayStream) {
        stream.close()
        multiplexer.forget(stream)
    }

    /// Ends all streams, and the program on the host with its input.
    func end(reason: String) {
        let isFirst = isOver.withLockedValue { isOver in
            defer { isOver = true }
            return !isOver
        }
        guard isFirst else { return }
        multiplexer.end(reason: reason)
        queue.finish()
    }

    /// Reads to the end of the channel, and says why it ended.
    private static func read(_ tunnel: SSHTunnel, _ multiplexer: RelayMultiplexer?) async -> String {
        var decoder = RelayDecoder(afterMarker: true)
        var buffer = ByteBuffer()
        do {
            for try await var bytes in tunnel.inbound {
                buffer.discardReadBytes()
                buffer.writeBuffer(&bytes)
                // The host never asks us for a stream.
                while let frame = try decoder.decode(buffer: &buffer) { _ = multiplexer?.take(frame) }
            }
            return "`agent connect` on the host has ended"
        } catch {
            return "`agent connect`: \(error)"
        }
    }
}

/// A stream of a relay, which it keeps alive.
private struct RelayDuplex: ByteDuplex {
    let stream: RelayStream
    let relay: AgentRelay

    func read() async throws -> ByteBuffer? { try await stream.read() }
    func write(_ bytes: ByteBuffer) async throws { try await stream.write(bytes) }
    func close() async { relay.release(stream) }
}
