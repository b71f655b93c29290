import Testing

@testable import FleetSSH

@Suite("Turns of commands")
struct CommandTurnsTests {
    @Test("A refusal beside others that run is a limit, and the command waits for them")
    func limit() {
        var turns = CommandTurns()
        #expect(turns.limit == 8)
        turns.started()
        #expect(turns.refused(open: 3) == .wait)
        #expect(turns.limit == 3)
        #expect(turns.refused(open: 5) == .wait)
        #expect(turns.limit == 3)
    }

    @Test("A refusal when none runs is final at the beginning, and after a command only when it goes on for long")
    func refusal() {
        var turns = CommandTurns()
        #expect(turns.refused(open: 0) == .giveUp)
        turns.started()
        var pauses = 0
        while case .tryAgain = turns.refused(open: 0) { pauses += 1 }
        #expect(pauses == 20)
        turns.started()
        #expect(turns.refused(open: 0) != .giveUp)
    }
}
