import FleetSystem

/// Lets those who show a password or a code under one name do so one after the other.
///
/// Otherwise as many guesses as arrive at once would all be checked before the first wrong one counts.
actor LoginTurns {
    private var last: [String: OneShot<Void>] = [:]

    /// Does it when all who came before under that name are done.
    func inTurn<Result: Sendable>(
        _ name: String, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let (before, mine) = (last[name], OneShot<Void>())
        last[name] = mine
        defer {
            mine.fulfil(())
            if last[name] === mine { last[name] = nil }
        }
        await before?.value()
        return try await body()
    }
}
