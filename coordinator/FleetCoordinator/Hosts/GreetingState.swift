import FleetModel
import FleetProtocol

/// The coordinator's side of the first lines of a connection: messages in, messages out. Pure.
struct GreetingState {
    /// What comes next.
    enum Step {
        /// Answer, and read on.
        case send(Message)
        /// The agent is who it should be.
        case done(modes: Set<Mode>, sharesSlots: Bool, incarnation: String)
    }

    /// Why a greeting is not accepted.
    struct Refusal: Error {
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

    /// The first line.
    let hello: Message.Hello
    private let token: RunToken
    private var theirs: Message.Hello?

    init(identity: SessionIdentity, epoch: Epoch, purpose: Message.Hello.Purpose, nonce: String) {
        token = identity.token
        hello = Message.Hello(
            role: .coordinator, purpose: purpose, program: identity.program, catalogue: identity.catalogue,
            nonce: nonce, run: identity.run, epoch: epoch)
    }

    /// Takes what the agent says.
    mutating func received(_ message: Message) throws(Refusal) -> Step {
        guard let theirs else {
            let answer = try Self.hello(of: message, answering: hello)
            theirs = answer
            return .send(.proof(.init(mac: token.proof(of: answer.nonce, by: .coordinator))))
        }
        guard case .proof(let proof) = message else { throw Refusal.unexpected("proof") }
        guard token.verifies(proof.mac, of: hello.nonce, by: .agent) else {
            throw Refusal(.wrongProof, "who listens on the agent's port does not know the run's token")
        }
        let modes = theirs.features.compactMap { feature -> Mode? in
            feature.hasPrefix("mode:") ? Mode(rawValue: String(feature.dropFirst(5))) : nil
        }
        return .done(
            modes: Set(modes), sharesSlots: theirs.features.contains("slots"), incarnation: theirs.incarnation)
    }

    /// The agent's hello, when it answers ours.
    private static func hello(
        of message: Message, answering ours: Message.Hello
    ) throws(Refusal) -> Message.Hello {
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
