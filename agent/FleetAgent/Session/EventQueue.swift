/// The events of one agent in the order in which they happened; one task alone takes them out.
final class EventQueue: Sendable {
    /// An event, and who waits for it to be handled.
    struct Envelope: Sendable {
        let event: AgentSession.Event
        let handled: CheckedContinuation<Void, Never>?
    }

    private let continuation: AsyncStream<Envelope>.Continuation
    /// The events, for the one task that handles them.
    let envelopes: AsyncStream<Envelope>

    init() { (envelopes, continuation) = AsyncStream.makeStream(of: Envelope.self) }

    /// Adds an event of our own making; their number is bounded by what was ordered.
    func post(_ event: AgentSession.Event) {
        continuation.yield(Envelope(event: event, handled: nil))
    }

    /// Adds an event and waits until it was handled, so that a peer cannot send faster than we decide.
    func deliver(_ event: AgentSession.Event) async {
        await withCheckedContinuation { handled in
            switch continuation.yield(Envelope(event: event, handled: handled)) {
            case .enqueued: break
            case .dropped, .terminated: handled.resume()
            @unknown default: handled.resume()
            }
        }
    }

    /// Takes no more events; what was added before must still be taken out.
    func finish() { continuation.finish() }
}
