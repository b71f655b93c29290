import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads that belong to one piece of code, for work that blocks or that must always happen on the same thread.
public enum DedicatedThread {
    /// Starts a thread that runs a closure and then ends; no signal is ever handled on it.
    public static func start(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(ThreadBody(run: body)).toOpaque()
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let result = pthread_create(&thread, nil, threadMain, context)
        precondition(result == 0, "the system gives us no more threads")
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
    }

    fileprivate static func run(_ context: UnsafeMutableRawPointer) {
        fleet_block_signals_of_thread()
        Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Glibc)
    private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context { DedicatedThread.run(context) }
        return nil
    }
#else
    private func threadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        DedicatedThread.run(context)
        return nil
    }
#endif
