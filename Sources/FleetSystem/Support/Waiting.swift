#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Bounded waiting for things that nothing announces.
public enum Waiting {
    /// Asks a condition again and again until it holds or the time is over; returns whether it held.
    ///
    /// It also works in a cancelled task, because clean-up needs it there.
    public static func until(
        within limit: Duration, every interval: Duration = .milliseconds(5), _ condition: () async -> Bool
    ) async -> Bool {
        let end = ContinuousClock.now + limit
        while true {
            if await condition() { return true }
            if ContinuousClock.now >= end { return false }
            await pause(min(interval, max(.zero, ContinuousClock.now.duration(to: end))))
        }
    }

    /// Lets time pass without blocking a thread, cancelled or not; for bounded polling alone.
    static func pause(_ duration: Duration) async {
        let never = OneShot<Void>()
        _ = await never.value(within: duration)
    }
}

/// The time since some fixed moment, which no change of the wall clock moves and which counts while asleep.
public enum Monotonic {
    /// Seconds since the machine started.
    public static var seconds: Double {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
