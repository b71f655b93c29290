import PlatformExtensions
import PlatformService

/// Keeps the values that were used last, up to a number and each for a time.
struct TimedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let until: Timestamp
    }

    private(set) var hits = 0
    private(set) var misses = 0
    private let lifetime: Double
    private var entries: LRUCache<Key, Entry>

    /// An empty one, whose values are good for so many seconds.
    init(capacity: Int, lifetime: Double) {
        entries = LRUCache(capacity: capacity)
        self.lifetime = lifetime
    }

    /// How many it holds, those that are no longer good included.
    var count: Int { entries.count }

    /// The value, if it is still good.
    mutating func value(_ key: Key, at time: Timestamp) -> Value? {
        guard let entry = entries.use(key), time < entry.until else {
            misses += 1
            return nil
        }
        hits += 1
        return entry.value
    }

    /// Enters a value.
    mutating func insert(_ value: Value, for key: Key, at time: Timestamp) {
        _ = entries.insert(Entry(value: value, until: time.advanced(seconds: lifetime)), for: key)
    }

    /// Forgets all.
    mutating func clear() { entries = LRUCache(capacity: entries.capacity) }
}
