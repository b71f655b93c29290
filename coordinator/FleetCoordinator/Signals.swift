@preconcurrency import Dispatch
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGINT and SIGTERM as events: the first ends the run in order, the second ends the program at once.
final class Signals {
    /// The signals that end a run.
    enum Name: String, CaseIterable, Sendable, CustomStringConvertible {
        case interrupt = "SIGINT"
        case terminate = "SIGTERM"

        var number: Int32 { self == .interrupt ? SIGINT : SIGTERM }

        /// The exit status of a run that it ended.
        var status: RunStatus { self == .interrupt ? .interrupted : .terminated }

        /// Why the run ended, in words.
        var description: String { "interrupted by \(rawValue)" }
    }

    /// The first signal, once it has arrived.
    let received = Received()
    private let sources: [any DispatchSourceSignal]

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - interrupt: told of the first signal.
    ///   - left: says at the second one what stays behind.
    init(_ interrupt: @escaping @Sendable (Name) -> Void, left: @escaping @Sendable () -> String) {
        let queue = DispatchQueue(label: "fleet.signals")
        sources = Name.allCases.map { [received] name in
            // Dispatch sees the signal beside its disposition, which must not end the program first.
            signal(name.number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: name.number, queue: queue)
            source.setEventHandler {
                guard received.set(name) else { Self.endNow(name.number, left()) }
                interrupt(name)
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
        private let first = NIOLockedValueBox<Name?>(nil)

        /// The first signal; nil before it.
        var name: Name? { first.withLockedValue { $0 } }

        /// Takes note of a signal; whether it is the first.
        func set(_ name: Name) -> Bool {
            first.withLockedValue { value in
                defer { value = value ?? name }
                return value == nil
            }
        }
    }

    /// Gives an operation its time, but little of it once a signal has come; then it is cancelled.
    ///
    /// - Returns: what the operation returns; it must take being cancelled well.
    static func patiently<Value: Sendable>(
        _ received: Received, hurried limit: Duration, _ operation: @escaping @Sendable () async -> Value
    ) async -> Value {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await operation() }
            group.addTask {
                // Cancelled as soon as the operation has ended.
                do {
                    while received.name == nil { try await Task.sleep(for: .milliseconds(50)) }
                    try await Task.sleep(for: limit)
                } catch {}
                return nil
            }
            while let value = await group.next() {
                group.cancelAll()
                if let value { return value }
            }
            preconditionFailure("the operation always returns a value")
        }
    }

    private static func endNow(_ number: Int32, _ left: String) -> Never {
        let text = "\nended at once by a second signal: no reports were written\n\(left)\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        _exit(128 + number)
    }
}
