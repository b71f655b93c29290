import FleetModel
import FleetProtocol
import NIOCore

/// The first lines of a connection: hello and proof each way.
struct Greeting: Sendable {
    /// What the agent can do, as it said.
    let modes: Set<Mode>
    /// Whether the agent shares the host's slots with other runs and will say how many it has.
    let sharesSlots: Bool
    /// Distinguishes one start of the agent from the next.
    let incarnation: String
    /// Continues after the greeting.
    let reader: LineReader

    /// Greets an agent and checks who it is.
    ///
    /// - Throws: `LinkError`: permanent when versions or catalogues differ or the agent does not know the token.
    static func exchange(
        on stream: any ByteDuplex, identity: SessionIdentity, epoch: Epoch, purpose: Message.Hello.Purpose
    ) async throws -> Greeting {
        let coder = MessageCoder()
        var state = GreetingState(
            identity: identity, epoch: epoch, purpose: purpose, nonce: RunToken.makeNonce())
        try await stream.write(try coder.encode(.hello(state.hello)))
        var reader = LineReader(stream)
        do {
            while true {
                switch try state.received(try await next(&reader, coder)) {
                case .send(let message): try await stream.write(try coder.encode(message))
                case .done(let modes, let sharesSlots, let incarnation):
                    return Greeting(
                        modes: modes, sharesSlots: sharesSlots, incarnation: incarnation, reader: reader)
                }
            }
        } catch let refusal as GreetingState.Refusal {
            // The peer is told why; whether it still listens does not matter.
            try? await stream.write(try coder.encode(.error(.init(refusal.code, message: refusal.message))))
            throw LinkError(.permanent, refusal.message)
        }
    }

    private static func next(_ reader: inout LineReader, _ coder: MessageCoder) async throws -> Message {
        guard let line = try await reader.next() else {
            // An agent that has died refuses connections; one that closes them is busy or about to end.
            throw LinkError(.transient, "the agent closed the connection before its greeting")
        }
        guard case .bytes(let bytes) = line, let message = try? coder.decode(bytes) else {
            throw GreetingState.Refusal.unexpected("a message")
        }
        if case .error(let error) = message {
            throw LinkError(.permanent, "the agent refused the connection: \(error.message)")
        }
        return message
    }
}
