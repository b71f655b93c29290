/// Lets at most six handshakes at once through to one sshd address, in the order in which places were asked for.
///
/// sshd drops connections that have not logged in yet from the eleventh on (`MaxStartups 10:30:100`). It counts a login
/// for a moment longer than its client does, until its own processes have told each other: with eight places three of
/// sixty were still dropped.
actor HandshakeGate {
    /// The gate that all connections of the process share.
    static let shared = HandshakeGate(limit: 6)

    private struct Address {
        var taken = 0
        var waiting: [(ticket: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let limit: Int
    private var addresses: [String: Address] = [:]
    private var lastTicket = 0

    init(limit: Int) { self.limit = limit }

    /// Runs the body when there is a place, and gives the place back after it. Nil when the task was cancelled while
    /// it waited.
    nonisolated func pass<Value: Sendable, Failure: Error>(
        to address: String, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value? {
        guard await enter(address) else { return nil }
        let result: Result<Value, Failure>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await leave(address)
        return try result.get()
    }

    /// Takes a place; false when the task was cancelled.
    func enter(_ address: String) async -> Bool {
        if Task.isCancelled { return false }
        if addresses[address, default: Address()].taken < limit {
            addresses[address, default: Address()].taken += 1
            return true
        }
        lastTicket += 1
        let ticket = lastTicket
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // The task may have been cancelled before the handler could find the ticket.
                if Task.isCancelled {
                    continuation.resume(returning: false)
                } else {
                    addresses[address]?.waiting.append((ticket, continuation))
                }
            }
        } onCancel: {
            // Ends by itself: it only takes the ticket out of the queue.
            Task { await self.forget(ticket, at: address) }
        }
    }

    /// Gives a place back: to the one who has waited longest, if there is one.
    func leave(_ address: String) {
        guard var state = addresses[address] else { return }
        if state.waiting.isEmpty {
            state.taken -= 1
        } else {
            state.waiting.removeFirst().continuation.resume(returning: true)
        }
        addresses[address] = state.taken == 0 && state.waiting.isEmpty ? nil : state
    }

    private func forget(_ ticket: Int, at address: String) {
        guard let index = addresses[address]?.waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        addresses[address]?.waiting.remove(at: index).continuation.resume(returning: false)
    }

    /// How many places are taken, for tests.
    func taken(_ address: String) -> Int { addresses[address]?.taken ?? 0 }
}
