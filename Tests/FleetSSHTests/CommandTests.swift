import FleetSSH
import FleetTestSupport
import NIOCore
import Testing

@Suite("Commands over SSH", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct CommandTests {
    @Test("A command's status and both of its streams come back")
    func statusAndStreams() async throws {
        try await withConnection { _, connection in
            let result = try await connection.execute("echo out; echo err >&2; exit 7")
            #expect(result.status == 7)
            #expect(result.signal == nil)
            #expect(String(buffer: result.standardOutput) == "out\n")
            #expect(String(buffer: result.standardError) == "err\n")
            let quick = try await connection.execute("true")
            #expect(quick.isSuccess)
        }
    }

    @Test("The signal that ended a command is named")
    func signal() async throws {
        try await withConnection { _, connection in
            let result = try await connection.execute("kill -TERM $$; sleep 5")
            #expect(result.signal == "TERM")
            #expect(result.status == nil)
        }
    }

    @Test("Input of any size arrives whole, and EOF follows it", arguments: [0, 1, 32_768, 100_001, 8_000_000])
    func input(size: Int) async throws {
        try await withConnection { _, connection in
            let input = ByteBuffer(repeating: 0x61, count: size)
            let result = try await connection.execute("wc -c", input: input)
            #expect(String(buffer: result.standardOutput).filter(\.isNumber) == "\(size)")
        }
    }

    @Test("A command that ends without reading its input ends the call")
    func inputNotRead() async throws {
        try await withConnection { _, connection in
            let result = try await connection.execute(
                "exec 0<&-; exit 3", input: ByteBuffer(repeating: 0, count: 20_000_000), deadline: .seconds(20))
            #expect(result.status == 3)
        }
    }

    @Test("A flood on standard error does not hang a command whose output nobody writes")
    func standardErrorFlood() async throws {
        try await withConnection { _, connection in
            let result = try await connection.execute(
                "head -c 5000000 /dev/zero >&2; echo done", outputLimit: 1000, deadline: .seconds(30))
            #expect(result.isSuccess)
            #expect(String(buffer: result.standardOutput) == "done\n")
            #expect(result.standardError.readableBytes == 1000)
            #expect(result.droppedErrorBytes == 4_999_000)
        }
    }

    @Test("Floods on both streams at once are counted to the byte")
    func bothStreamsFlood() async throws {
        try await withConnection { _, connection in
            let result = try await connection.execute(
                "head -c 9000000 /dev/zero & head -c 7000000 /dev/zero >&2; wait", outputLimit: 10_000_000,
                deadline: .seconds(30))
            #expect(result.isSuccess)
            #expect(result.standardOutput.readableBytes == 9_000_000)
            #expect(result.standardError.readableBytes == 7_000_000)
            #expect(result.droppedOutputBytes == 0)
        }
    }

    @Test("Many commands at once on one connection all end, more than MaxSessions allows")
    func manyCommands() async throws {
        try await withConnection { _, connection in
            try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
                for number in 0..<40 {
                    group.addTask {
                        (number, try await connection.execute("echo x >&2; exit \(number)").status)
                    }
                }
                for try await (number, status) in group { #expect(status == number) }
            }
        }
    }

    @Test("A command over its deadline fails with the stage, and the connection lives on")
    func deadline() async throws {
        try await withConnection { _, connection in
            let error = try await failure { _ = try await connection.execute("sleep 30", deadline: .milliseconds(300)) }
            #expect(error.code == .timedOut)
            #expect(error.stage == .command)
            #expect(try await connection.execute("true").isSuccess)
        }
    }

    @Test("Cancelling the task ends a command that runs")
    func cancelling() async throws {
        try await withConnection { _, connection in
            // Awaited at the end of the test.
            let task = Task { try await connection.execute("sleep 30") }
            #expect(try await connection.execute("true").isSuccess)
            task.cancel()
            let error = try await failure { _ = try await task.value }
            #expect(error.code == .cancelled)
        }
    }

    @Test("A connection that is killed in the middle of a command is an error, not a hang")
    func killedConnection() async throws {
        try await withConnection { server, connection in
            // Awaited at the end of the test.
            let command = Task { try await connection.execute("echo started; sleep 30", deadline: .seconds(20)) }
            // Awaited at the end of the test.
            let end = Task { await connection.waitForClose() }
            #expect(try await connection.execute("true").isSuccess)
            await server.killSessions()
            let error = try await failure { _ = try await command.value }
            #expect(error.code == .connectionLost)
            #expect(await end.value?.code == .connectionLost)
            let later = try await failure { _ = try await connection.execute("true") }
            #expect(later.code == .connectionLost)
        }
    }

    @Test("Closing ends a running command with the code closed, and waitForClose says that it was us")
    func closing() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            // Awaited at the end of the test.
            let command = Task { try await connection.execute("sleep 30", deadline: .seconds(20)) }
            #expect(try await connection.execute("true").isSuccess)
            await connection.close()
            let error = try await failure { _ = try await command.value }
            #expect(error.code == .closed)
            #expect(await connection.waitForClose() == nil)
        }
    }

    @Test("Keys that change in the middle lose nothing, in neither direction")
    func keyExchangeInTheMiddle() async throws {
        try await withConnection(configuration: ["RekeyLimit 300K"]) { _, connection in
            let input = ByteBuffer(repeating: 0x7a, count: 5_000_000)
            let result = try await connection.execute(
                "cat; head -c 1000000 /dev/zero >&2", input: input, outputLimit: 6_000_000, deadline: .seconds(40))
            #expect(result.isSuccess)
            #expect(result.standardOutput == input)
            #expect(result.standardError.readableBytes == 1_000_000)
        }
    }

    @Test("A server that runs no commands is an error of the stage channel")
    func refusedChannel() async throws {
        try await withConnection(configuration: ["MaxSessions 0"]) { _, connection in
            let error = try await failure { _ = try await connection.execute("true") }
            #expect(error.code == .channelRefused)
            #expect(error.stage == .channel)
        }
    }
}
