import CLinux

#if !os(Linux)
    import Dispatch
#endif

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program that we started.
///
/// It is reaped as soon as it ends, whether anybody waits or not. Letting go of the value does not end the program.
public final class ChildProcess: Sendable {
    private enum State {
        case running(pidfd: Int32)
        case ended
    }

    /// Its process id, as this process sees it.
    public let processID: Int32

    private let state: Locked<State>
    private let pipes: Locked<StreamTable.Ours>
    private let ended = OneShot<ExitStatus>()
    #if !os(Linux)
        private static let queue = DispatchQueue(label: "fleet.children")
    #endif
    private static let living = Locked<Set<Int32>>([])

    init(processID: Int32, pidfd: Int32, pipes: StreamTable.Ours) {
        self.processID = processID
        self.state = Locked(.running(pidfd: pidfd))
        self.pipes = Locked(pipes)
        ChildProcess.living.withLock { _ = $0.insert(processID) }
        watch(pidfd)
    }

    deinit {
        closeStreams()
    }

    /// Whether a process id belongs to a child that has not been reaped.
    static func isLiving(_ processID: Int32) -> Bool { living.withLock { $0.contains(processID) } }

    /// Our end of the pipe to its standard input, if there is one; it belongs to this value.
    public var standardInput: Int32? { pipes.withLock { $0.input } }

    /// Our end of the pipe from its standard output, if there is one; it belongs to this value.
    public var standardOutput: Int32? { pipes.withLock { $0.output } }

    /// Our end of the pipe from its standard error, if there is one; it belongs to this value.
    public var standardError: Int32? { pipes.withLock { $0.error } }

    /// Hands our end of the pipe to its standard input over; the caller closes it.
    public func takeStandardInput() -> Int32? { take(\.input) }

    /// Hands our end of the pipe from its standard output over; the caller closes it.
    public func takeStandardOutput() -> Int32? { take(\.output) }

    /// Hands our end of the pipe from its standard error over; the caller closes it.
    public func takeStandardError() -> Int32? { take(\.error) }

    /// Closes our ends of all pipes that were not handed over; the child reads the end of its input.
    public func closeStreams() {
        for descriptor in [take(\.input), take(\.output), take(\.error)] {
            if let descriptor { close(descriptor) }
        }
    }

    /// How it ended; nil while it runs.
    public var status: ExitStatus? { ended.current }

    /// Waits until it ends; any number of tasks may wait. A cancelled task goes on waiting.
    public func exit() async -> ExitStatus { await ended.value() }

    /// Waits until it ends, at most so long; nil when it still runs then.
    public func exit(within limit: Duration) async -> ExitStatus? { await ended.value(within: limit) }

    /// Sends it a signal; goes to nobody when it has ended, never to another process of the same number.
    public func send(signal: Int32) {
        state.withLock { state in
            guard case .running(let pidfd) = state else { return }
            #if os(Linux)
                _ = fleet_pidfd_send_signal(pidfd, signal)
            #else
                _ = kill(processID, signal)
            #endif
        }
    }

    /// Sends a signal to the process group that it leads, which `startsSession` made.
    ///
    /// While the child is not reaped its number, and so its group's, cannot be given to others.
    public func sendToGroup(signal: Int32) {
        state.withLock { state in
            guard case .running = state else { return }
            _ = kill(-processID, signal)
        }
    }

    /// Ends it: SIGTERM (and SIGCONT, for one that was stopped), then SIGKILL after the grace time.
    ///
    /// Returns how it ended; nil when even SIGKILL did not end it within ten seconds, as when a disk does not answer.
    @discardableResult
    public func end(grace: Duration) async -> ExitStatus? {
        send(signal: SIGTERM)
        send(signal: SIGCONT)
        if let status = await exit(within: grace) { return status }
        send(signal: SIGKILL)
        return await exit(within: .seconds(10))
    }

    private func take(_ end: WritableKeyPath<StreamTable.Ours, Int32?>) -> Int32? {
        pipes.withLock { pipes in
            let descriptor = pipes[keyPath: end]
            pipes[keyPath: end] = nil
            return descriptor
        }
    }

    // The closures hold this value until the child has been reaped, so that no zombie stays.
    private func watch(_ pidfd: Int32) {
        #if os(Linux)
            PollThread.shared.watch(pidfd) { [self] in
                !reap()
            } onEnd: {
                close(pidfd)
            }
        #else
            let source = DispatchSource.makeProcessSource(
                identifier: processID, eventMask: .exit, queue: ChildProcess.queue)
            source.setEventHandler { [self] in if reap() { source.cancel() } }
            source.resume()
        #endif
    }

    private func reap() -> Bool {
        let status: ExitStatus? = state.withLock { state in
            guard case .running(let pidfd) = state else { return nil }
            var kind: Int32 = 0
            var code: Int32 = 0
            let result = pidfd >= 0 ? fleet_reap_pidfd(pidfd, &kind, &code) : fleet_reap_pid(processID, &kind, &code)
            guard result != 0 else { return nil }
            state = .ended
            // Somebody who waits for all children may have taken the status; 255 is what then is said.
            if result < 0 { return .exited(255) }
            return kind == 0 ? .exited(code) : .signaled(code)
        }
        guard let status else { return false }
        ChildProcess.living.withLock { _ = $0.remove(processID) }
        ended.fulfil(status)
        return true
    }
}
