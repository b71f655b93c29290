import FleetModel
import NIOConcurrencyHelpers

/// Why a host's conversation has to end though it goes well: told to the one that runs, or to the next one under the same
/// lease.
final class Interruptions: Sendable {
    private struct State {
        var pending: (epoch: Epoch, error: LinkError)?
        var current: (epoch: Epoch, errors: AsyncStream<LinkError>.Continuation)?
    }

    private let state = NIOLockedValueBox(State())

    /// Ends the conversation under a lease; a later lease is left alone.
    func interrupt(_ epoch: Epoch, _ error: LinkError) {
        state.withLockedValue { state in
            if let current = state.current, current.epoch == epoch {
                current.errors.yield(error)
            } else {
                state.pending = (epoch, error)
            }
        }
    }

    /// What ends the conversation that begins now under a lease.
    func begin(_ epoch: Epoch) -> AsyncStream<LinkError> {
        let (stream, errors) = AsyncStream.makeStream(of: LinkError.self)
        state.withLockedValue { state in
            if let pending = state.pending, pending.epoch == epoch { errors.yield(pending.error) }
            state.pending = nil
            state.current = (epoch, errors)
        }
        return stream
    }

    /// The conversation is over.
    func end() { state.withLockedValue { $0.current = nil } }
}
