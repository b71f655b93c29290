/// How many commands may run at once on a connection: as many as the server takes (`MaxSessions`), eight at most.
///
/// A server counts a command until it has closed its side, which may be a little after we have: so a refusal right
/// after a command has ended is no refusal yet.
struct CommandTurns {
    /// What to do about a command that was refused.
    enum Verdict: Equatable {
        /// Its turn comes when another one has ended.
        case wait
        case tryAgain(after: Duration)
        case giveUp
    }

    /// OpenSSH's MaxSessions is 10 for each connection; tunnels do not count.
    private(set) var limit = 8
    private var hasStarted = false
    private var refusals = 0

    /// All in all a second.
    private static let mostRefusals = 20
    private static let pause = Duration.milliseconds(50)

    /// The server has taken a command.
    mutating func started() {
        hasStarted = true
        refusals = 0
    }

    /// The server has refused a command while so many others were open.
    mutating func refused(open: Int) -> Verdict {
        if open > 0 {
            limit = min(limit, open)
            return .wait
        }
        guard hasStarted, refusals < Self.mostRefusals else { return .giveUp }
        refusals += 1
        return .tryAgain(after: Self.pause)
    }
}
