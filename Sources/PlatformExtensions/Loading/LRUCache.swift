/// Keeps the values that were used last, up to a number.
public struct LRUCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// How many it keeps.
    public let capacity: Int
    private var values: [Key: Value] = [:]
    // The one used last is at the end. Moving one is linear, which for a hundred entries is nothing.
    private var order: [Key] = []

    /// An empty one; a capacity below 1 is 1.
    public init(capacity: Int) { self.capacity = max(1, capacity) }

    /// How many it holds.
    public var count: Int { values.count }

    /// All values, the one used last first.
    public var newestFirst: [Value] { order.reversed().compactMap { values[$0] } }

    /// The value, which does not count as a use of it.
    public func peek(_ key: Key) -> Value? { values[key] }

    /// The value, which counts as a use of it.
    public mutating func use(_ key: Key) -> Value? {
        guard let value = values[key] else { return nil }
        touch(key)
        return value
    }

    /// Enters a value. Returns those that had to go for it.
    public mutating func insert(_ value: Value, for key: Key) -> [Value] {
        values[key] = value
        touch(key)
        var gone: [Value] = []
        while order.count > capacity {
            let oldest = order.removeFirst()
            if let value = values.removeValue(forKey: oldest) { gone.append(value) }
        }
        return gone
    }

    /// Takes a value out.
    public mutating func remove(_ key: Key) -> Value? {
        order.removeAll { $0 == key }
        return values.removeValue(forKey: key)
    }

    private mutating func touch(_ key: Key) {
        order.removeAll { $0 == key }
        order.append(key)
    }
}
