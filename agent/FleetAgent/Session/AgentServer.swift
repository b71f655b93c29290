import FleetProtocol
import FleetSystem
import NIOCore
import NIOPosix

/// The agent's ear: a listener on loopback whose connections speak lines.
struct AgentServer: Sendable {
    typealias Connection = NIOAsyncChannel<LineDecoder.Line, ByteBuffer>

    private let listener: NIOAsyncChannel<Connection, Never>
    private let queue: EventQueue
    private let spool: ResultSpool
    private let outboxes = Locked<[ConnectionID: SharedOutbox]>([:])

    /// Where it listens, on 127.0.0.1.
    let port: Int

    /// Listens on a free port of 127.0.0.1.
    init(queue: EventQueue, spool: ResultSpool) async throws {
        self.queue = queue
        self.spool = spool
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        port = listener.channel.localAddress?.port ?? 0
    }

    /// Takes connections until the task is cancelled.
    func run() async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                var number = 0
                for try await connection in connections {
                    number += 1
                    let id = ConnectionID(rawValue: number)
                    group.addTask { await serve(connection, id: id) }
                }
            }
        }
    }

    /// Changes what waits to be written to a connection; one that is gone already is left alone.
    ///
    /// - Returns: what the change returned, or nil.
    @discardableResult
    func update<Value>(_ id: ConnectionID, _ change: (inout Outbox) -> Value) -> Value? {
        let outbox = outboxes.withLock { $0[id] }
        return outbox?.update(change)
    }

    /// Ends a connection whose peer does not read.
    func abandon(_ id: ConnectionID) {
        outboxes.withLock { $0[id] }?.abandon()
    }

    /// The spool has grown: those who want results may have more.
    func spoolGrew() {
        for outbox in outboxes.withLock({ Array($0.values) }) { outbox.poke() }
    }

    /// Whether every connection has ended.
    var isQuiet: Bool { outboxes.withLock(\.isEmpty) }

    private func serve(_ connection: Connection, id: ConnectionID) async {
        let outbox = SharedOutbox()
        outboxes.withLock { $0[id] = outbox }
        await queue.deliver(.connected(id, nonce: RunToken.makeNonce()))
        // A broken connection is an ordinary end: the coordinator comes back.
        try? await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await line in inbound { await queue.deliver(.line(id, line)) }
                }
                group.addTask { try await write(outbox, to: outbound) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        outboxes.withLock { $0[id] = nil }
        queue.post(.closed(id))
    }

    /// Writes what the outbox has until it says close, waiting whenever the peer is slow.
    private func write(_ outbox: SharedOutbox, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        for await _ in outbox.changes {
            writing: while true {
                switch outbox.next(spooled: spool.last) {
                case .line(let line): try await outbound.write(line)
                case .result(let sequence):
                    if let line = try spool.line(sequence) { try await outbound.write(line) }
                case .file(let file): try await ArtifactSender(file: file).send(to: outbound)
                case .close: return
                case .wait: break writing
                }
            }
        }
    }
}
