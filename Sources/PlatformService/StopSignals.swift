import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Calls a closure as soon as SIGTERM or SIGINT comes.
///
/// The HTTP server reacts to them too, by waiting for the answers that are still due; the closure makes sure that they come.
public final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// Watches until the value goes away.
    public init(_ action: @escaping @Sendable () -> Void) {
        sources = [SIGTERM, SIGINT].map { signal in
            let source = DispatchSource.makeSignalSource(signal: signal)
            source.setEventHandler(handler: action)
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}
