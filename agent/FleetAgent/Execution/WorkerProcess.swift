import FleetProtocol
import FleetSystem
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The agent's side of one `agent worker`.
final class WorkerProcess: Sendable {
    private let child: ChildProcess
    private let commands: AsyncStream<WorkerCommand>.Continuation
    /// Where the report of the running attempt goes; nil when none runs.
    private let waiting = Locked<OneShot<WorkerReport?>?>(nil)

    /// Its process id.
    var processID: Int32 { child.processID }
    /// How it ended; nil while it lives.
    var status: ExitStatus? { child.status }

    /// Starts a worker.
    ///
    /// - Parameters:
    ///   - agent: the path of our own program.
    ///   - namespaces: where its tests run.
    ///   - variables: its whole environment.
    init(agent: String, namespaces: NamespaceChoice, variables: [String: String]) throws(SpawnError) {
        let specification = ProcessSpecification(
            executable: agent, arguments: ["worker"], environment: variables, workingDirectory: "/",
            standardInput: .pipe, standardOutput: .pipe, standardError: .inherit, namespaces: namespaces)
        child = try Spawner.spawn(specification)
        let (stream, continuation) = AsyncStream.makeStream(of: WorkerCommand.self)
        commands = continuation
        // Ends when the worker does; `stop` waits for that.
        Task { await converse(stream) }
    }

    /// Has a process run and supervised; nil when the worker died over it, or did not report in time.
    func perform(_ request: WorkerRequest, within limit: Duration) async -> WorkerReport? {
        let answer = OneShot<WorkerReport?>()
        waiting.withLock { $0 = answer }
        if child.status != nil { answer.fulfil(nil) }
        commands.yield(.run(request))
        let report = await answer.value(within: limit) ?? nil
        waiting.withLock { $0 = nil }
        if report == nil { child.send(signal: SIGKILL) }
        return report
    }

    /// Stops what runs; `perform` still returns its report.
    func cancel(reason: String) { commands.yield(.cancel(reason: reason)) }

    /// Ends the worker: it sees the end of its input and kills what runs; after five seconds it is killed itself.
    func stop() async {
        commands.finish()
        if await child.exit(within: .seconds(5)) == nil {
            child.send(signal: SIGKILL)
            _ = await child.exit(within: .seconds(5))
        }
    }

    private func converse(_ commands: AsyncStream<WorkerCommand>) async {
        // A broken pipe is the worker's death, which every waiter learns below.
        try? await exchange(commands)
        _ = await child.exit()
        waiting.withLock { $0 }?.fulfil(nil)
    }

    private func exchange(_ commands: AsyncStream<WorkerCommand>) async throws {
        guard let input = child.takeStandardOutput(), let output = child.takeStandardInput() else { return }
        let pipe = try await LinePipe.open(input: input, output: output)
        try await pipe.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await line in inbound {
                        guard case .bytes(let bytes) = line else { continue }
                        let report = try JSONDecoder().decode(WorkerReport.self, from: Data(bytes.readableBytesView))
                        self.waiting.withLock { $0 }?.fulfil(report)
                    }
                }
                group.addTask {
                    for await command in commands {
                        let bytes = Array(try JSONEncoder().encode(command)) + [UInt8(ascii: "\n")]
                        try await outbound.write(ByteBuffer(bytes: bytes))
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }
}
