import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One process, watched from its start until nothing of it is left: its output, its time, its whole tree.
///
/// Must run in a process that is a subreaper and has no other children.
final class Supervision: Sendable {
    private enum First: Sendable {
        case exited(ExitStatus)
        case cancelled(reason: String)
    }

    private let request: WorkerRequest
    private let first = OneShot<First>()
    /// How long the tree may take to die once it was killed.
    private static let killLimit = Duration.seconds(10)

    init(_ request: WorkerRequest) { self.request = request }

    /// Stops the process; `run` returns soon afterwards.
    func cancel(reason: String) { first.fulfil(.cancelled(reason: reason)) }

    /// Starts the process and returns when it and everything that it started are gone.
    func run() async -> WorkerReport {
        let start = Monotonic.seconds
        let verdict = BoundedCapture(head: 256 << 10, tail: 0)
        let child: ChildProcess
        do {
            child = try spawn(verdict)
        } catch {
            return WorkerReport(
                ending: error.ending, seconds: 0, output: BoundedText(), verdict: nil, leftovers: [])
        }
        let output = BoundedCapture()
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        if let descriptor = child.takeStandardInput() { feed(descriptor) }
        // Ends with the child, which is dead before this function returns.
        Task { [first] in first.fulfil(.exited(await child.exit())) }

        let ending = await self.ending(of: child)
        let seconds = Monotonic.seconds - start
        let leftovers = await ProcessTree.killChildren(within: Self.killLimit)
        await Self.drain(output)
        if request.hasVerdict { await Self.drain(verdict) }
        return WorkerReport(
            ending: ending, seconds: seconds, output: BoundedText(output.output),
            verdict: request.hasVerdict ? verdict.output.headText : nil, leftovers: leftovers.map(\.description))
    }

    private func spawn(_ verdict: BoundedCapture) throws(SpawnError) -> ChildProcess {
        var specification = ProcessSpecification(
            executable: request.executable, arguments: request.arguments, environment: request.environment,
            workingDirectory: request.workingDirectory, standardInput: request.input == nil ? .null : .pipe,
            standardOutput: .pipe, standardError: .output, niceness: request.niceness)
        guard request.hasVerdict else { return try Self.start(specification) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw SpawnError(stage: .pipe, code: errno, executable: request.executable, detail: "for the verdict")
        }
        verdict.start(ends[0])
        defer { close(ends[1]) }
        specification.extraDescriptors = [3: ends[1]]
        return try Self.start(specification)
    }

    /// When memory runs out, a test goes before the services and before us.
    private static func start(_ specification: ProcessSpecification) throws(SpawnError) -> ChildProcess {
        let child = try Spawner.spawn(specification)
        KillPreference.raise(child.processID, to: 1000)
        return child
    }

    private func ending(of child: ChildProcess) async -> WorkerReport.Ending {
        let limit = Duration.seconds(min(max(request.seconds, 0), 1e9))
        switch await first.value(within: limit) {
        case .exited(.exited(let status)): return .exited(status: status)
        case .exited(.signaled(let signal)): return .signaled(signal: signal)
        case .cancelled(let reason):
            await stop(child)
            return .cancelled(reason: reason)
        case nil:
            await stop(child)
            return .timeLimit
        }
    }

    private func stop(_ child: ChildProcess) async {
        guard request.graceSeconds > 0 else { return }
        child.sendToGroup(signal: SIGTERM)
        child.sendToGroup(signal: SIGCONT)
        _ = await child.exit(within: .seconds(request.graceSeconds))
    }

    /// Writes the input in the background: a process that does not read it must not hold us up.
    private func feed(_ descriptor: Int32) {
        let bytes = Array((request.input ?? "").utf8)
        // Ends when everything is written, or when the reader is dead.
        Task.detached {
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes {
                    write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                done += count
            }
            close(descriptor)
        }
    }

    /// Everybody who could write is dead; only a descriptor that was handed out of the tree can keep a pipe open.
    private static func drain(_ capture: BoundedCapture) async {
        guard await !capture.finished(within: .seconds(1)) else { return }
        await capture.stop()
    }
}

extension SpawnError {
    /// Whether the test named something that cannot be started, or the host could not start anything.
    fileprivate var ending: WorkerReport.Ending {
        switch stage {
        case .lookup, .exec, .directory: .noProgram(message: description)
        case .pipe, .fork, .userNamespace, .mounts, .proc, .tmpfs, .keptPath, .network, .hostname, .join,
            .deathSignal, .session, .descriptors, .handle, .streams:
            .refused(message: description)
        }
    }
}

extension BoundedText {
    /// Takes over what a capture kept.
    init(_ output: CapturedOutput) {
        self.init(head: output.headText, tail: output.tailText, cutBytes: output.cutBytes)
    }
}
