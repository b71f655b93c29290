import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One thread that waits for descriptors to become readable, for the whole process.
///
/// Not a `DispatchSource`: on Linux its event loop touches freed memory when descriptors come and go quickly.
final class PollThread: Sendable {
    static let shared = PollThread()

    /// What is watched. Both closures run on the thread and must not wait.
    private struct Watch {
        var descriptor: Int32
        var onReadable: @Sendable () -> Bool
        var onEnd: @Sendable () -> Void
    }

    private struct Inbox {
        var arrivals: [(number: Int, watch: Watch)] = []
        var cancelled: [Int] = []
        var next = 0
    }

    private let inbox = Locked(Inbox())
    private let wakeRead: Int32
    private let wakeWrite: Int32

    private init() {
        guard let ends = try? Descriptor.pipe() else { preconditionFailure("the system gives us no pipe") }
        (wakeRead, wakeWrite) = ends
        fleet_set_nonblocking(wakeRead)
        fleet_set_nonblocking(wakeWrite)
        DedicatedThread.start { [self] in loop() }
    }

    /// Calls `onReadable` whenever there is something to read (or nobody writes any more), until it returns false.
    ///
    /// `onEnd` is called once, last, and may close the descriptor; nobody else may. Returns a number for `cancel`.
    @discardableResult
    func watch(
        _ descriptor: Int32, onReadable: @escaping @Sendable () -> Bool, onEnd: @escaping @Sendable () -> Void
    ) -> Int {
        let number = inbox.withLock { inbox in
            inbox.next += 1
            let watch = Watch(descriptor: descriptor, onReadable: onReadable, onEnd: onEnd)
            inbox.arrivals.append((inbox.next, watch))
            return inbox.next
        }
        wake()
        return number
    }

    /// Ends a watch; harmless when it has ended.
    func cancel(_ number: Int) {
        inbox.withLock { $0.cancelled.append(number) }
        wake()
    }

    private func wake() {
        // A full pipe is as good as one more byte.
        var byte: UInt8 = 0
        _ = write(wakeWrite, &byte, 1)
    }

    private func loop() -> Never {
        var watches: [Int: Watch] = [:]
        while true {
            takeInbox(&watches)
            let numbers = Array(watches.keys)
            var polled = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
            for number in numbers {
                polled.append(pollfd(fd: watches[number]?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
            }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            if polled[0].revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 256)
                while read(wakeRead, &buffer, buffer.count) > 0 {}
            }
            for (number, entry) in zip(numbers, polled.dropFirst()) where entry.revents != 0 {
                // A descriptor that is not open would be reported for ever.
                let isOpen = entry.revents & Int16(POLLNVAL) == 0
                guard let watch = watches[number], !isOpen || !watch.onReadable() else { continue }
                watches[number] = nil
                watch.onEnd()
            }
        }
    }

    private func takeInbox(_ watches: inout [Int: Watch]) {
        let (arrivals, cancelled) = inbox.withLock { inbox in
            defer { (inbox.arrivals, inbox.cancelled) = ([], []) }
            return (inbox.arrivals, inbox.cancelled)
        }
        for (number, watch) in arrivals { watches[number] = watch }
        for number in cancelled { watches.removeValue(forKey: number)?.onEnd() }
    }
}
