import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Turns SIGTERM into an event, so that the clean-up of a test runs when it is told to stop.
enum TerminationRequests {
    /// A stream with one element for each SIGTERM; from now on the signal does not end the process by itself.
    ///
    /// SIGPIPE is ignored as well: a broken connection is an error of a call, not the end of the test.
    static func stream() -> AsyncStream<String> {
        let (stops, continuation) = AsyncStream<String>.makeStream()
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return stops }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let read = ends[0]
        signalPipe = ends[1]
        // Lives as long as the process.
        DedicatedThread.start {
            var byte: UInt8 = 0
            while true {
                #if canImport(Glibc)
                    let count = Glibc.read(read, &byte, 1)
                #else
                    let count = Darwin.read(read, &byte, 1)
                #endif
                if count > 0 { continuation.yield("SIGTERM") }
                if count == 0 || (count < 0 && errno != EINTR) { return }
            }
        }
        signal(SIGTERM) { _ in
            let saved = errno
            var byte: UInt8 = 1
            _ = write(signalPipe, &byte, 1)
            errno = saved
        }
        return stops
    }
}

/// Where the signal handler writes; set once, before the handler is installed.
private nonisolated(unsafe) var signalPipe: Int32 = -1
