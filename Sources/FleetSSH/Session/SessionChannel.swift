internal import NIOCore

/// One open channel of a session: what waits to be written, who takes what arrives, how far its end has come.
final class SessionChannel {
    /// What an opening asks for.
    enum Kind: Hashable, Sendable {
        case command(String)
        /// To where the host can reach.
        case tunnel(host: String, port: Int)

        var isCommand: Bool {
            if case .command = self { return true }
            return false
        }

        /// The word for error messages.
        var name: String {
            switch self {
            case .command: "command channel"
            case .tunnel("127.0.0.1", let port): "tunnel to port \(port)"
            case .tunnel(let host, let port): "tunnel to \(host) port \(port)"
            }
        }
    }

    let kind: Kind
    private let target: SSHTarget
    private let handle: EngineChannel
    private let consumer: any ChannelConsumer
    private var lifecycle = ChannelLifecycle()
    private var writes = CircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>()
    private var timer: Scheduled<Void>?
    /// How it ended, once that is certain.
    private var outcome: Result<SSHCommandExit, SSHError>?

    init(kind: Kind, target: SSHTarget, handle: EngineChannel, consumer: any ChannelConsumer) {
        self.kind = kind
        self.target = target
        self.handle = handle
        self.consumer = consumer
    }

    var isFreed: Bool { lifecycle.isFreed }
    var isOpen: Bool { lifecycle.isOpen }
    var hasPendingWrites: Bool { !writes.isEmpty }

    // MARK: Orders from our side

    /// Queues bytes; the promise is kept when libssh2 has taken them all.
    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>?) {
        guard lifecycle.acceptsWrites else {
            promise?.fail(refusal)
            return
        }
        guard bytes.readableBytes > 0 else {
            promise?.succeed()
            return
        }
        writes.append((bytes, promise))
    }

    func finishWriting() { lifecycle.finishWriting() }

    /// Ends the channel from our side; whoever waits for it gets the error.
    func close(_ error: SSHError) {
        finish(.failure(error))
        lifecycle.beginClosing()
    }

    /// The session is over; its handles are freed with it.
    func sessionEnded(_ error: SSHError) {
        finish(.failure(error))
        lifecycle.freed()
    }

    /// Sets the limit for what follows; an older one no longer counts. The timer keeps the channel, and is cancelled
    /// when the channel is over.
    func setTimer(_ timer: Scheduled<Void>?) {
        self.timer?.cancel()
        self.timer = outcome == nil ? timer : nil
        if outcome != nil { timer?.cancel() }
    }

    /// Why nothing more can be written.
    private var refusal: SSHError {
        switch outcome {
        case nil: .closed(.command, target: target)
        case .success: .closedThere(.command, target: target)
        case .failure(let error): error
        }
    }

    // MARK: Turns

    /// Does what can be done now and says whether anything was. Throws what ends the whole session.
    func advance(mayWrite: () -> Bool) throws(LibraryFailure) -> Bool {
        var progressed = false
        do {
            var duties = lifecycle.duties(hasPendingWrites: hasPendingWrites)
            if duties.contains(.read) { progressed = try read() }
            if duties.contains(.awaitClose) { progressed = try awaitClose() || progressed }
            duties = lifecycle.duties(hasPendingWrites: hasPendingWrites)
            if duties.contains(.write) { progressed = try write(mayWrite: mayWrite) || progressed }
            duties = lifecycle.duties(hasPendingWrites: hasPendingWrites)
            if duties.contains(.sendEnd), try handle.sendEnd().isDone {
                lifecycle.endSent()
                progressed = true
            }
            if duties.contains(.close), try handle.close().isDone {
                lifecycle.closed()
                progressed = true
            }
            if lifecycle.duties(hasPendingWrites: false).contains(.free), try handle.free().isDone {
                lifecycle.freed()
                progressed = true
            }
            return progressed
        } catch {
            guard error.concernsChannelOnly else { throw error }
            if isOpen {
                close(.library(error, .command, target: target))
            } else {
                // Not even its end works: the session frees it with itself.
                lifecycle.freed()
            }
            return true
        }
    }

    /// Both streams, always: one that nobody reads would hide the end of the channel for ever.
    private func read() throws(LibraryFailure) -> Bool {
        var progressed = false
        for stream in [EngineChannel.Stream.output, .error] {
            while consumer.isReady, let bytes = try handle.read(stream).value ?? nil {
                consumer.receive(bytes, from: stream)
                progressed = true
            }
        }
        guard consumer.isReady else {
            _ = try handle.pump().isDone
            return progressed
        }
        if handle.isAtEnd {
            lifecycle.inboundEnded()
            consumer.inboundEnded()
            progressed = true
        }
        return progressed
    }

    private func awaitClose() throws(LibraryFailure) -> Bool {
        guard try handle.awaitClose().isDone else { return false }
        finish(.success(handle.exit))
        lifecycle.beginClosing()
        return true
    }

    private func write(mayWrite: () -> Bool) throws(LibraryFailure) -> Bool {
        var progressed = false
        while let first = writes.first, mayWrite() {
            guard let count = try handle.write(first.bytes).value else { return progressed }
            progressed = true
            if count < first.bytes.readableBytes {
                writes[writes.startIndex].bytes.moveReaderIndex(forwardBy: count)
            } else {
                writes.removeFirst()
                first.promise?.succeed()
            }
        }
        return progressed
    }

    private func finish(_ result: Result<SSHCommandExit, SSHError>) {
        guard outcome == nil else { return }
        outcome = result
        timer?.cancel()
        timer = nil
        let left = writes
        writes.removeAll()
        for write in left { write.promise?.fail(refusal) }
        consumer.ended(result)
    }
}

@available(*, unavailable)
extension SessionChannel: Sendable {}

extension Progress {
    /// The value; nil for "again". Throws the failure.
    var value: Value? {
        get throws(LibraryFailure) {
            switch self {
            case .done(let value): value
            case .again: nil
            case .failed(let failure): throw failure
            }
        }
    }

    /// True when it is done, false for "again". Throws the failure.
    var isDone: Bool {
        get throws(LibraryFailure) { try value != nil }
    }
}
