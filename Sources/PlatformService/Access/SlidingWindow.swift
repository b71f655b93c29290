/// How many requests an address may send in any stretch of time. Pure: the caller brings the clock.
struct SlidingWindow: Sendable {
    let limit: Int
    /// Seconds.
    let length: Double
    /// When the counted requests of each address came, the oldest first.
    private var arrivals: [String: [Double]] = [:]

    init(limit: Int, length: Double) {
        self.limit = limit
        self.length = length
    }

    /// Counts a request. Returns the seconds until the next may come when there were too many; those do not count.
    mutating func admit(_ address: String, at now: Double) -> Double? {
        if arrivals.count > 10_000 { arrivals = arrivals.filter { ($0.value.last ?? 0) > now - length } }
        var times = arrivals[address] ?? []
        if let first = times.first, first <= now - length { times.removeAll { $0 <= now - length } }
        guard times.count < limit else { return max(0, (times.first ?? now) + length - now) }
        times.append(now)
        arrivals[address] = times
        return nil
    }
}
