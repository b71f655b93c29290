/// What a test body is handed: clients, assertions, clean-up, unique names and a log.
public final class TestContext: Sendable {
    /// What the process was told.
    public let invocation: TestInvocation

    /// Makes the context of one attempt.
    public init(invocation: TestInvocation) {
        self.invocation = invocation
    }
}
