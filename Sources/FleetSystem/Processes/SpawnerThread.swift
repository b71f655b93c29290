import CLinux
import Dispatch

/// The one thread that starts all children, and that lives as long as the process.
///
/// The kernel sends the parent death signal when the *thread* that made a child ends, so no pool thread may do it.
final class SpawnerThread: Sendable {
    static let shared = SpawnerThread()

    private struct Job {
        var work: () -> Void
        var done: DispatchSemaphore
    }

    private let jobs = Locked<[Job]>([])
    private let available = DispatchSemaphore(value: 0)

    private init() {
        fleet_stop_ignoring_children()
        DedicatedThread.start { [self] in loop() }
    }

    /// Runs work on the thread and waits for it; the work may use what the caller's stack holds.
    func run(_ work: () -> Void) {
        withoutActuallyEscaping(work) { work in
            let done = DispatchSemaphore(value: 0)
            jobs.withLock { $0.append(Job(work: work, done: done)) }
            available.signal()
            done.wait()
        }
    }

    private func loop() -> Never {
        while true {
            available.wait()
            runNext()
        }
    }

    private func runNext() {
        var job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        job?.work()
        let done = job?.done
        // The work must be released before its caller goes on, because it does not really escape.
        job = nil
        done?.signal()
    }
}
