import FleetModel
import FleetProtocol
import NIOCore

/// The first lines of a connection: hello and proof each way.
struct Greeting: Sendable {
    /// What the agent can do, as it said.
    let modes: Set<Mode>
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
        let nonce = RunToken.makeNonce()
        let hello = Message.Hello(
            role: .coordinator, purpose: purpose, program: identity.program, catalogue: identity.catalogue,
            nonce: nonce, run: identity.run, epoch: epoch)
        try await stream.write(try coder.encode(.hello(hello)))
        var reader = LineReader(stream)
        guard case .hello(let theirs) = try await next(&reader, coder) else { throw unexpected("hello") }
        try check(theirs, against: hello)
        let mac = identity.token.proof(of: theirs.nonce, by: .coordinator)
        try await stream.write(try coder.encode(.proof(.init(mac: mac))))
        guard case .proof(let proof) = try await next(&reader, coder) else { throw unexpected("proof") }
        guard identity.token.verifies(proof.mac, of: nonce, by: .agent) else {
            throw LinkError(.permanent, "who listens on the agent's port does not know the run's token")
        }
        let modes = theirs.features.compactMap { feature -> Mode? in
            feature.hasPrefix("mode:") ? Mode(rawValue: String(feature.dropFirst(5))) : nil
        }
        return Greeting(modes: Set(modes), incarnation: theirs.incarnation, reader: reader)
    }

    private static func next(_ reader: inout LineReader, _ coder: MessageCoder) async throws -> Message {
        guard let line = try await reader.next() else {
            throw LinkError(.agentGone, "the connection to the agent's port was closed before its greeting")
        }
        guard case .bytes(let bytes) = line else { throw unexpected("a short line") }
        let message = try coder.decode(bytes)
        if case .error(let error) = message {
            throw LinkError(.permanent, "the agent refused the connection: \(error.message)")
        }
        return message
    }

    private static func unexpected(_ wanted: String) -> LinkError {
        LinkError(.permanent, "the agent's port answered something else than \(wanted)")
    }

    private static func check(_ theirs: Message.Hello, against ours: Message.Hello) throws {
        guard theirs.role == .agent, theirs.run == ours.run else {
            throw LinkError(.permanent, "the agent's port belongs to another run")
        }
        guard theirs.version == ours.version else {
            throw LinkError(
                .permanent, "the agent speaks protocol \(theirs.version), we speak \(ours.version): build both anew")
        }
        guard theirs.catalogue == ours.catalogue else {
            throw LinkError(.permanent, "the agent has another catalogue of tests than we: build both anew")
        }
    }
}
