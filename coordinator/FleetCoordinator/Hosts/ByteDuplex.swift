import FleetProtocol
import NIOCore

/// A stream of bytes each way: an SSH tunnel, or a TCP connection on this machine.
protocol ByteDuplex: Sendable {
    /// The next bytes; nil at the end. One reader at a time.
    func read() async throws -> ByteBuffer?
    /// Writes bytes; returns when the stream has room for more.
    func write(_ bytes: ByteBuffer) async throws
    /// Ends both directions.
    func close() async
    /// Where who mostly reads and writes it runs best; nil when that makes no difference.
    var executor: (any TaskExecutor)? { get }
}

extension ByteDuplex {
    var executor: (any TaskExecutor)? { nil }
}

/// Reads lines off a stream.
struct LineReader: Sendable {
    private let stream: any ByteDuplex
    private var decoder = LineDecoder()
    private var buffer = ByteBuffer()

    /// Reads from the given stream, whose only reader it is.
    init(_ stream: any ByteDuplex) { self.stream = stream }

    /// The next line; nil at the end of the stream.
    mutating func next() async throws -> LineDecoder.Line? {
        while true {
            if let line = decoder.decode(buffer: &buffer) { return line }
            guard var bytes = try await stream.read() else { return nil }
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }
}
