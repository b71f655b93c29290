import Testing

@testable import FleetSSH

@Suite("The end of a channel")
struct ChannelLifecycleTests {
    @Test("Bytes, EOF, the other side's close, our close, free: in this order")
    func order() {
        var channel = ChannelLifecycle()
        #expect(channel.duties(hasPendingWrites: true) == [.read, .write])
        channel.finishWriting()
        #expect(!channel.acceptsWrites)
        #expect(channel.duties(hasPendingWrites: true) == [.read, .write])
        #expect(channel.duties(hasPendingWrites: false) == [.read, .sendEnd])
        channel.endSent()
        #expect(channel.duties(hasPendingWrites: false) == .read)
        channel.inboundEnded()
        #expect(channel.duties(hasPendingWrites: false) == .awaitClose)
        channel.beginClosing()
        #expect(channel.duties(hasPendingWrites: true) == .close)
        channel.closed()
        #expect(channel.duties(hasPendingWrites: true) == .free)
        channel.freed()
        #expect(channel.duties(hasPendingWrites: true) == [])
        #expect(channel.isFreed)
    }

    @Test("Events that come too late change nothing")
    func late() {
        var channel = ChannelLifecycle()
        channel.beginClosing()
        let closing = channel
        channel.inboundEnded()
        channel.finishWriting()
        channel.endSent()
        channel.beginClosing()
        #expect(channel == closing)
    }

    @Test("Places at the gate are given in order, and a cancelled wait gives none away", .timeLimit(.minutes(1)))
    func gate() async throws {
        let gate = HandshakeGate(limit: 2)
        #expect(await gate.enter("a"))
        #expect(await gate.enter("a"))
        #expect(await gate.enter("b"))
        // Awaited at the end of the test.
        let cancelled = Task { await gate.enter("a") }
        // Awaited at the end of the test.
        let waiting = Task { await gate.enter("a") }
        cancelled.cancel()
        #expect(await !cancelled.value)
        #expect(await gate.taken("a") == 2)
        await gate.leave("a")
        #expect(await waiting.value)
        #expect(await gate.taken("a") == 2)
        await gate.leave("a")
        await gate.leave("a")
        #expect(await gate.taken("a") == 0)
    }
}
