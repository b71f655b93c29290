internal import NIOCore

/// Hands what arrives in a tunnel to an asynchronous sequence, and says "not ready" while its reader is behind.
final class TunnelConsumer: ChannelConsumer {
    typealias Producer = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Delegate
    >

    /// Tells the session, from any thread, that there is room again or that nobody reads any more.
    final class Delegate: NIOAsyncSequenceProducerDelegate {
        private let eventLoop: any EventLoop
        private let consumer: NIOLoopBoundBox<TunnelConsumer?>

        init(eventLoop: any EventLoop, consumer: NIOLoopBoundBox<TunnelConsumer?>) {
            self.eventLoop = eventLoop
            self.consumer = consumer
        }

        func produceMore() {
            eventLoop.execute { self.consumer.value?.resume() }
        }

        func didTerminate() {
            eventLoop.execute { self.consumer.value?.discardTheRest() }
        }
    }

    private enum Demand { case wanted, satisfied, discarding }

    let sequence: Producer
    private let source: Producer.Source
    private let box: NIOLoopBoundBox<TunnelConsumer?>
    private var demand = Demand.wanted
    /// Called when reading may go on.
    var onReady: (() -> Void)?

    /// Bounds, in buffers of at most 64 KiB each, of what waits for the reader.
    private static let watermarks = (low: 2, high: 8)

    init(eventLoop: any EventLoop) {
        let box = NIOLoopBoundBox<TunnelConsumer?>(nil, eventLoop: eventLoop)
        let parts = Producer.makeSequence(
            elementType: ByteBuffer.self, failureType: (any Error).self,
            backPressureStrategy: .init(lowWatermark: Self.watermarks.low, highWatermark: Self.watermarks.high),
            finishOnDeinit: true, delegate: Delegate(eventLoop: eventLoop, consumer: box))
        sequence = parts.sequence
        source = parts.source
        self.box = box
        box.value = self
    }

    var isReady: Bool { demand != .satisfied }

    func receive(_ bytes: ByteBuffer, from stream: EngineChannel.Stream) {
        // What a command complains about is not part of its stream.
        guard demand != .discarding, stream == .output else { return }
        switch source.yield(bytes) {
        case .produceMore: demand = .wanted
        case .stopProducing: demand = .satisfied
        case .dropped: demand = .discarding
        }
    }

    func inboundEnded() { source.finish() }

    func ended(_ result: Result<SSHCommandExit, SSHError>) {
        switch result {
        case .success: source.finish()
        case .failure(let error): error.code == .closed ? source.finish() : source.finish(error)
        }
        // Ends the cycle consumer, source, delegate, consumer.
        box.value = nil
        onReady = nil
    }

    private func resume() {
        guard demand == .satisfied else { return }
        demand = .wanted
        onReady?()
    }

    /// The reader has gone: the rest is read and dropped, so that the end of the channel is still seen.
    private func discardTheRest() {
        demand = .discarding
        onReady?()
    }
}
