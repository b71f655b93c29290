import Dispatch
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGTERM and SIGINT as calls; SIGHUP and SIGPIPE are ignored from then on.
final class TerminationSignals: Sendable {
    private let sources: Locked<[any DispatchSourceSignal]>

    /// Begins to listen; `body` is called for each signal, until this value is let go.
    init(_ body: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: "fleet.signals")
        for number in [SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        let sources = [SIGTERM, SIGINT].map { number in
            // The source sees a signal only when its default action does not take place.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { body(number) }
            // A signal that comes before the source is registered would be lost.
            let registered = DispatchSemaphore(value: 0)
            source.setRegistrationHandler { registered.signal() }
            source.resume()
            registered.wait()
            return source
        }
        self.sources = Locked(sources)
    }

    deinit { sources.withLock { $0.forEach { $0.cancel() } } }
}
