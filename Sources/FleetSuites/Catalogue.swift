public import FleetModel
public import FleetTestKit

/// The built-in tests, in the order of the suites.
public enum Catalogue {
    /// The tests with their bodies.
    public static let declarations: [DeclaredTest] = solo

    /// What is known of each test before it runs.
    public static let tests: [TestCase] = declarations.map(\.testCase)
}

extension TestProcess {
    /// Runs one built-in test in this process: what `agent test ID` does.
    ///
    /// - Parameter id: the test to run.
    /// - Returns: the exit status for the process.
    public static func main(id: String) async -> Int32 {
        await main(id: id, catalogue: Catalogue.declarations)
    }
}
