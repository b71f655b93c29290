import FleetModel
import FleetSystem
import FleetTestKit

/// Contexts and lines for tests of the kit.
enum Kit {
    /// A context of its own, with no environment, whose log goes to `lines`.
    static func context(
        endpoints: Endpoints = Endpoints(), credentials: [String: [String: String]] = [:],
        lines: Locked<[String]> = Locked([])
    ) throws -> TestContext {
        TestContext(
            invocation: invocation(endpoints: endpoints, credentials: credentials, seconds: 10),
            scratch: "/nonexistent",
            log: TestLog { line in lines.withLock { $0.append(line) } })
    }

    /// An invocation of a test that does not exist.
    static func invocation(
        of test: String = "kit/sample", endpoints: Endpoints = Endpoints(),
        credentials: [String: [String: String]] = [:], artifacts: String = "/nonexistent/artifacts", seconds: Double
    ) -> TestInvocation {
        guard let id = TestID(test) else { preconditionFailure("not an id: \(test)") }
        return TestInvocation(
            test: id, attempt: AttemptID(rawValue: 7), endpoints: endpoints, credentials: credentials,
            artifacts: artifacts, seconds: seconds)
    }
}
