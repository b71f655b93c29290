import CLinux
import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(&thread, nil, spawnerThreadMain, context)
        precondition(result == 0, "the system gives us no thread to start processes with")
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
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

    fileprivate func loop() -> Never {
        fleet_block_signals_of_thread()
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

#if canImport(Glibc)
    private func spawnerThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        Unmanaged<SpawnerThread>.fromOpaque(context).takeUnretainedValue().loop()
    }
#else
    private func spawnerThreadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<SpawnerThread>.fromOpaque(context).takeUnretainedValue().loop()
    }
#endif
