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
        do {
            let theirs = try Self.hello(of: try await next(&reader, coder), answering: hello)
            let mac = identity.token.proof(of: theirs.nonce, by: .coordinator)
            try await stream.write(try coder.encode(.proof(.init(mac: mac))))
            guard case .proof(let proof) = try await next(&reader, coder) else { throw Refusal.unexpected("proof") }
            guard identity.token.verifies(proof.mac, of: nonce, by: .agent) else {
                throw Refusal(.wrongProof, "who listens on the agent's port does not know the run's token")
            }
            return Greeting(theirs, reader)
        } catch let refusal as Refusal {
            // The peer is told why; whether it still listens does not matter.
            try? await stream.write(try coder.encode(.error(.init(refusal.code, message: refusal.message))))
            throw LinkError(.permanent, refusal.message)
        }
    }

    private init(_ hello: Message.Hello, _ reader: LineReader) {
        let modes = hello.features.compactMap { feature -> Mode? in
            feature.hasPrefix("mode:") ? Mode(rawValue: String(feature.dropFirst(5))) : nil
        }
        self.modes = Set(modes)
        self.incarnation = hello.incarnation
        self.reader = reader
    }

    /// Why a greeting is not accepted.
    private struct Refusal: Error {
        var code: ErrorCode
        var message: String

        init(_ code: ErrorCode, _ message: String) {
            self.code = code
            self.message = message
        }

        static func unexpected(_ wanted: String) -> Refusal {
            Refusal(.wrongOrder, "the agent's port answered something else than \(wanted)")
        }
    }

    private static func next(_ reader: inout LineReader, _ coder: MessageCoder) async throws -> Message {
        guard let line = try await reader.next() else {
            // An agent that has died refuses connections; one that closes them is busy or about to end.
            throw LinkError(.transient, "the agent closed the connection before its greeting")
        }
        guard case .bytes(let bytes) = line, let message = try? coder.decode(bytes) else {
            throw Refusal.unexpected("a message")
        }
        if case .error(let error) = message {
            throw LinkError(.permanent, "the agent refused the connection: \(error.message)")
        }
        return message
    }

    /// The agent's hello, when it answers ours.
    private static func hello(of message: Message, answering ours: Message.Hello) throws -> Message.Hello {
        guard case .hello(let theirs) = message else { throw Refusal.unexpected("hello") }
        guard theirs.version == ours.version else {
            let text = "the agent speaks protocol \(theirs.version), we speak \(ours.version): build both anew"
            throw Refusal(.wrongVersion, text)
        }
        guard theirs.role == .agent, theirs.run == ours.run else {
            throw Refusal(.wrongRun, "the agent's port belongs to another run")
        }
        guard theirs.purpose == ours.purpose, theirs.epoch == ours.epoch else {
            throw Refusal(.wrongOrder, "the agent answered another greeting than ours")
        }
        guard theirs.catalogue == ours.catalogue else {
            throw Refusal(.wrongCatalogue, "the agent has another catalogue of tests than we: build both anew")
        }
        return theirs
    }
}
