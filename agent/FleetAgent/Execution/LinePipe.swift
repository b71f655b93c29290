import FleetProtocol
import NIOCore
import NIOPosix

/// Lines over a pair of pipes: how the agent and its own helpers speak.
enum LinePipe {
    typealias Channel = NIOAsyncChannel<LineDecoder.Line, ByteBuffer>

    /// What one line may hold: bounded output, several times escaped.
    private static let maximumLength = 16 << 20

    /// Takes two descriptors over and speaks lines on them.
    static func open(input: Int32, output: Int32) async throws -> Channel {
        try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .takingOwnershipOfDescriptors(input: input, output: output) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let decoder = ByteToMessageHandler(LineDecoder(maximumLength: maximumLength))
                    try channel.pipeline.syncOperations.addHandler(decoder)
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
    }
}
