import FleetModel

/// A process that runs the body of one built-in test, for one attempt.
public enum TestProcess {
    /// Reads a `TestInvocation` from standard input, runs the test and writes a `TestVerdict` to descriptor 3.
    ///
    /// The log goes to standard output. The status is 0, 1, 77 or 78 as `TestVerdict.exitStatus`, 64 when the id is not
    /// in the catalogue, and 65 when the invocation cannot be read.
    ///
    /// - Parameters:
    ///   - id: the test to run.
    ///   - catalogue: the tests to choose from.
    /// - Returns: the exit status for the process.
    public static func main(id: String, catalogue: [DeclaredTest]) async -> Int32 {
        guard catalogue.contains(where: { $0.testCase.id.description == id }) else { return 64 }
        return 65
    }
}
