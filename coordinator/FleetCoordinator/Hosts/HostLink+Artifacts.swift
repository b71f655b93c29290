import FleetModel
import FleetProtocol

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension HostLink {
    /// Fetches one file over a connection of its own, so that it never delays a result.
    func fetch(_ artifact: Artifact, of attempt: AttemptID, limit: Duration) async throws -> [UInt8] {
        guard artifact.size <= ArtifactFetcher.maximumSize else {
            throw LinkError(.permanent, "\(artifact.path) has \(artifact.size) bytes, more than are fetched")
        }
        guard let port = agentPort else { throw LinkError(.transient, "there is no connection to the agent") }
        let (transport, identity, epoch) = (transport, identity, currentEpoch)
        return try await withTimeLimit(limit) {
            let stream = try await transport.open(port: port)
            let result = await Self.receive(artifact, of: attempt, stream, identity, epoch)
            await stream.close()
            return try result.get()
        }
    }

    private static func receive(
        _ artifact: Artifact, of attempt: AttemptID, _ stream: any ByteDuplex, _ identity: SessionIdentity,
        _ epoch: Epoch
    ) async -> Result<[UInt8], any Error> {
        do {
            let greeting = try await Greeting.exchange(
                on: stream, identity: identity, epoch: epoch, purpose: .artifacts)
            let coder = MessageCoder()
            try await stream.write(try coder.encode(.fetch(.init(attempt: attempt, path: artifact.path))))
            var reader = greeting.reader
            var bytes: [UInt8] = []
            while case .bytes(let line)? = try await reader.next() {
                switch try coder.decode(line) {
                case .chunk(let chunk):
                    guard chunk.offset == bytes.count, let piece = Data(base64Encoded: chunk.data),
                        bytes.count + piece.count <= artifact.size
                    else { throw LinkError(.permanent, "the pieces of \(artifact.path) do not fit together") }
                    bytes += piece
                    if chunk.isLast { return .success(bytes) }
                case .error(let error): throw LinkError(.permanent, error.message)
                default: continue
                }
            }
            throw LinkError(.transient, "the connection ended before all of \(artifact.path) had come")
        } catch {
            return .failure(error)
        }
    }
}
