@preconcurrency import Dispatch
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGINT and SIGTERM as events: the first ends the run in order, the second ends the program at once.
final class Signals {
    /// The name of the first signal, once it has arrived.
    let received = Received()
    private let sources: [any DispatchSourceSignal]

    /// Begins to listen.
    init(_ interrupt: @escaping @Sendable (String) -> Void) {
        let queue = DispatchQueue(label: "fleet.signals")
        sources = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")].map { [received] number, name in
            // Dispatch sees the signal beside its disposition, which must not end the program first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                guard received.set(name) else { Self.endNow(number) }
                interrupt("interrupted by \(name)")
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Remembers which signal came first.
    final class Received: Sendable {
        private let first = NIOLockedValueBox<String?>(nil)

        /// The name of the first signal; nil before it.
        var name: String? { first.withLockedValue { $0 } }

        /// Whether this is the first signal.
        fileprivate func set(_ name: String) -> Bool {
            first.withLockedValue { value in
                defer { value = value ?? name }
                return value == nil
            }
        }
    }

    private static func endNow(_ number: Int32) -> Never {
        let text = "\nended at once by a second signal: no reports were written; agents tear down by themselves\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        _exit(128 + number)
    }
}
