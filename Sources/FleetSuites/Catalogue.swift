public import FleetModel
public import FleetTestKit

/// The built-in tests, in the order of the suites: one folder and one list for each.
public enum Catalogue {
    /// The tests with their bodies.
    public static let declarations: [DeclaredTest] = suites.flatMap(\.self)

    /// What is known of each test before it runs.
    public static let tests: [TestCase] = declarations.map(\.testCase)

    private static let suites = [
        solo, multiuser, cicd, enterprise, dns, gitea, oci, orchestrator, otherServices, extensionLoading, batch,
        completeDeployment, disasterRecovery, concurrency, scalability, rbac, kms,
    ]
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
