/// Passes when two values are equal; the failure shows both.
///
/// - Parameters:
///   - actual: what was found.
///   - expected: what it should be.
///   - what: a short name of the value, for the message.
/// - Throws: `AssertionFailure`.
public func expectEqual<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ what: String, filePath: String = #filePath, line: Int = #line
) throws {
    guard actual != expected else { return }
    throw AssertionFailure(
        "\(what) is not what was expected", expected: Rendering.text(of: expected), actual: Rendering.text(of: actual),
        at: SourcePlace(filePath: filePath, line: line))
}

/// Passes when a condition holds.
///
/// - Parameters:
///   - condition: what must be true.
///   - what: the sentence that should hold, such as “the record has a TTL of at most 300 s”.
///   - actual: what was found instead, when that says more than the condition.
/// - Throws: `AssertionFailure`.
public func expect(
    _ condition: Bool, _ what: String, actual: Any? = nil, filePath: String = #filePath, line: Int = #line
) throws {
    guard !condition else { return }
    throw AssertionFailure(
        "does not hold: \(what)", expected: what, actual: actual.map(Rendering.text(of:)),
        at: SourcePlace(filePath: filePath, line: line))
}

/// Passes when a collection contains an element.
///
/// - Throws: `AssertionFailure` that shows the collection.
public func expectContains<Element: Equatable>(
    _ elements: some Collection<Element>, _ element: Element, _ what: String, filePath: String = #filePath,
    line: Int = #line
) throws {
    guard !elements.contains(element) else { return }
    throw AssertionFailure(
        "an element is missing in \(what)", expected: Rendering.text(of: element),
        actual: Rendering.text(of: Array(elements)), at: SourcePlace(filePath: filePath, line: line))
}

/// Passes when a value is there, and returns it.
///
/// - Throws: `AssertionFailure`.
public func require<Value>(
    _ value: Value?, _ what: String, filePath: String = #filePath, line: Int = #line
) throws -> Value {
    guard let value else {
        throw AssertionFailure(
            "\(what) is missing", expected: "a value", actual: "none",
            at: SourcePlace(filePath: filePath, line: line))
    }
    return value
}

/// Ends the test as skipped.
///
/// - Throws: always `TestSkipped`.
public func skip(_ reason: String) throws -> Never { throw TestSkipped(reason: reason) }

/// Ends the test with the outcome `no-interface`.
///
/// - Throws: always `InterfaceNotFound`.
public func interfaceNotFound(_ path: String) throws -> Never { throw InterfaceNotFound(path: path) }

/// Values as failures show them.
enum Rendering {
    /// The longest text that a failure shows, in characters.
    static let limit = 2000

    /// Strings in quotation marks, everything else as it describes itself; cut at the limit.
    static func text(of value: Any) -> String {
        let text =
            switch value {
            case let string as String: "“\(string)”"
            case let substring as Substring: "“\(substring)”"
            default: String(describing: value)
            }
        return text.count <= limit ? text : "\(text.prefix(limit))… (\(text.count) characters)"
    }
}
