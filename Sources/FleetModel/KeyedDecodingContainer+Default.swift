extension KeyedDecodingContainer {
    /// The value of a field that a sender may leave out, or send as null.
    package func decode<Value: Decodable>(_ key: Key, default value: @autoclosure () -> Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? value()
    }
}
