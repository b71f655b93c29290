import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A running process that is not our child, held so that its number cannot come to mean another one. Linux only.
public final class ProcessHandle: Sendable {
    /// What it was when we took hold of it.
    public let info: ProcessInfo
    private let pidfd: Int32

    /// Takes hold of the very process that was seen; nil when that has ended.
    public init?(_ info: ProcessInfo) {
        let descriptor = fleet_pidfd_open(info.processID)
        guard descriptor >= 0 else { return nil }
        // Between the look and the hold the number may have been given to another process.
        guard let now = ProcessInfo(processID: info.processID), now.startTicks == info.startTicks else {
            close(descriptor)
            return nil
        }
        self.info = info
        self.pidfd = descriptor
    }

    deinit { close(pidfd) }

    /// Whether it has not ended.
    public var isRunning: Bool {
        var poller = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&poller, 1, 0)
            if count >= 0 || errno != EINTR { return count == 0 }
        }
    }

    /// Sends it a signal; false when it has ended or we may not.
    @discardableResult
    public func send(signal: Int32) -> Bool { fleet_pidfd_send_signal(pidfd, signal) == 0 }

    /// Waits until it has ended, at most so long; returns whether it has.
    public func ended(within limit: Duration) async -> Bool {
        await Waiting.until(within: limit, every: .milliseconds(10)) { !isRunning }
    }

    /// Ends it: SIGTERM (and SIGCONT, for one that was stopped), then SIGKILL after the grace time.
    ///
    /// Returns whether it ended, within the grace time and another five seconds.
    public func end(grace: Duration) async -> Bool {
        send(signal: SIGTERM)
        send(signal: SIGCONT)
        if await ended(within: grace) { return true }
        send(signal: SIGKILL)
        return await ended(within: .seconds(5))
    }
}
