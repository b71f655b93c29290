import FleetSystem
import NIOCore
import PlatformService

/// Collects a body in memory, up to a limit.
final class BodyCollector: Sendable {
    private let limit: Int
    private let buffer = Locked(ByteBuffer())

    init(limit: Int) { self.limit = limit }

    /// Adds a piece. Throws when the body becomes larger than the limit.
    func add(_ piece: ByteBuffer) throws {
        try buffer.withLock { buffer in
            guard buffer.readableBytes + piece.readableBytes <= limit else {
                throw PlatformError(.failed, "the registry's answer is larger than \(limit) bytes")
            }
            buffer.writeImmutableBuffer(piece)
        }
    }

    /// What came so far.
    var bytes: [UInt8] { buffer.withLock { Array($0.readableBytesView) } }
}
