import FleetSystem

/// Lets what is done under one name be done one after the other.
///
/// For guesses at a password, of which as many as arrive at once would all be checked before the first wrong one counts;
/// for tokens that are good once.
public actor Turns {
    private var last: [String: OneShot<Void>] = [:]

    /// Nobody has a turn yet.
    public init() {}

    /// Does it when all who came before under that name are done.
    public func inTurn<Result: Sendable>(
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
