import FleetModel
import FleetProtocol
import NIOCore
import Testing

@testable import FleetCoordinator

@Suite struct EvictedTests {
    @Test func anAgentThatWasSentAwayIsNotStartedAgain() throws {
        var state = LinkState(epoch: Epoch(rawValue: 1))
        state.hasBeenReady = true
        let error = LinkError(evictedBy: "bob")
        let verdict = state.verdict(on: error, patience: HostLink.Patience(), now: 1)
        #expect(verdict == .giveUp(reason: "evicted by bob"))
    }

    @Test func theFarewellOfAnEvictedAgentSaysWho() throws {
        var state = ConversationState(incarnation: "one", ledger: ResultLedger())
        var line = try MessageCoder().encode(.bye(.init(evictedBy: "bob")))
        line.moveWriterIndex(to: line.writerIndex - 1)
        guard case .end(let error)? = state.received(.bytes(line)).first else {
            Issue.record("no end")
            return
        }
        #expect(error.kind == .evicted && error.description == "evicted by bob")
    }

    @Test func aHostFromWhichTheRunWasEvictedStartsNoAgent() {
        let error = #expect(throws: LinkError.self) {
            try AgentAddress(readyLine: "motd\n{\"by\":\"bob\",\"type\":\"evicted\"}\n")
        }
        #expect(error?.kind == .evicted && error?.description == "evicted by bob")
    }
}
