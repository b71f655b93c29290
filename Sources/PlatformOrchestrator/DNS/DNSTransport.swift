import NIOCore
import NIOPosix
import PlatformService

/// Carries one message to a server and its answer back: by UDP, and by TCP where UDP is silent or too small.
struct DNSTransport: Sendable {
    /// Seconds for one try.
    static let patience = 2.0
    /// Tries by UDP before TCP.
    static let datagramTries = 2

    let server: SocketAddress
    let group: any EventLoopGroup

    /// The answer's bytes, whose id is that of the request. Throws when neither way brings one.
    func exchange(_ request: [UInt8]) async throws -> [UInt8] {
        for _ in 0..<Self.datagramTries {
            try Task.checkCancellation()
            let answer = try? await withDeadline(seconds: Self.patience) { try await byDatagram(request) }
            guard let answer else { continue }
            if try DNSReader.message(answer).isTruncated { break }
            return answer
        }
        do {
            return try await withDeadline(seconds: Self.patience) { try await byStream(request) }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw PlatformError(.unavailable, "the DNS server \(server) does not answer: \(words(of: error))")
        }
    }

    private func byDatagram(_ request: [UInt8]) async throws -> [UInt8] {
        let channel = try await DatagramBootstrap(group: group).connect(to: server).flatMapThrowing { channel in
            try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(
                wrappingChannelSynchronously: channel)
        }.get()
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(
                AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: request)))
            for try await envelope in inbound {
                let answer = Array(envelope.data.readableBytesView)
                // Another id is a late answer to another question, or a forgery.
                if answer.count >= 12, answer[..<2] == request[..<2] { return answer }
            }
            throw PlatformError(.unavailable, "the socket was closed")
        }
    }

    private func byStream(_ request: [UInt8]) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(to: server).flatMapThrowing { channel in
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }.get()
        return try await channel.executeThenClose { inbound, outbound in
            var message = ByteBuffer(integer: UInt16(request.count))
            message.writeBytes(request)
            try await outbound.write(message)
            var received = ByteBuffer()
            for try await piece in inbound {
                received.writeImmutableBuffer(piece)
                guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self) else { continue }
                if let answer = received.getBytes(at: received.readerIndex + 2, length: Int(length)) { return answer }
            }
            throw PlatformError(.unavailable, "it closed the connection")
        }
    }
}

/// Does something within a time. Throws an error that says so when the time is over.
func withDeadline<Value: Sendable>(
    seconds: Double, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { tasks in
        tasks.addTask { try await operation() }
        tasks.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw PlatformError(.unavailable, "it took longer than \(seconds) s")
        }
        defer { tasks.cancelAll() }
        guard let first = try await tasks.next() else { throw CancellationError() }
        return first
    }
}
