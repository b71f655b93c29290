public import NIOCore

/// Runs tasks on an event loop, so that what they await from its channels goes on without a change of threads.
///
/// For tasks that mostly wait for the network: one that computes or blocks holds up every channel of the loop. The loop
/// must not be shut down while such tasks live.
public final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// An executor on that loop.
    public init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Has a job run in one of the next turns of the loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
