public import FleetModel

/// A test of the catalogue: what is known of it before it runs, and its body.
public struct DeclaredTest: Sendable {
    /// What a body is: it passes when it returns and says with an error why it did not.
    public typealias Body = @Sendable (TestContext) async throws -> Void

    /// What is known of it.
    public let testCase: TestCase
    /// Where it is declared.
    let place: SourcePlace
    /// What it does.
    public let body: Body
}

/// Declares a test: once, beside its body.
///
/// ```swift
/// test("modes/solo/minimal-services", "Minimal services running", modes: [.solo], estimate: 3) { context in
///     try await context.step("the registry answers") { try await context.registry.ping() }
/// }
/// ```
///
/// - Parameters:
///   - id: `suite/kebab-name`; anything else is a programming error and traps.
///   - title: one line for people.
///   - modes: where it can run; empty when it needs no environment.
///   - estimate: how long it is expected to take, in seconds.
///   - timeout: the limit of one attempt in seconds, its clean-up included.
///   - environment: whether it runs side by side with others in one environment.
///   - tags: free words for choosing tests.
///   - body: what it does.
public func test(
    _ id: String, _ title: String, modes: [Mode], estimate: Double, timeout: Double = 120,
    environment: Isolation = .shared, tags: [String] = [], filePath: String = #filePath, line: Int = #line,
    body: @escaping DeclaredTest.Body
) -> DeclaredTest {
    guard let testID = TestID(id) else { preconditionFailure("a test id is suite/kebab-name, not “\(id)”") }
    return DeclaredTest(
        testCase: TestCase(
            id: testID, title: title, modes: modes, estimate: estimate, timeout: timeout, isolation: environment,
            tags: tags, isRepeatable: environment == .shared),
        place: SourcePlace(filePath: filePath, line: line), body: body)
}

extension [Mode] {
    /// A mode and all above it: where most tests can run.
    public static func from(_ mode: Mode) -> [Mode] { Mode.allCases.filter { $0 >= mode } }
}
