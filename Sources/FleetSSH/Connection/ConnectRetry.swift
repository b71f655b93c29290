/// Whether to try again after a server closed the connection before its banner: it then drops logins by chance
/// (`MaxStartups`), and the next attempt may get through. Nothing else is ever tried again, least of all a login.
struct ConnectRetry {
    private(set) var attempt = 0

    /// So many attempts at most.
    static let most = 8
    private static let shortest = 0.1
    private static let longest = 3.0

    /// How long to wait before the next attempt; nil when the error is final. `random` is from 0 to 1.
    mutating func delay(after error: SSHError, random: Double) -> Duration? {
        attempt += 1
        guard error.code == .closedBeforeBanner, attempt < Self.most else { return nil }
        var ceiling = Self.shortest
        for _ in 0..<(attempt - 1) { ceiling = min(ceiling * 2, Self.longest) }
        // Half fixed, half by chance: those who were dropped together must not come back together.
        return .seconds(ceiling / 2 + ceiling / 2 * random)
    }
}
