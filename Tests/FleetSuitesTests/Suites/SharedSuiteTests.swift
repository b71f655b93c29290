import FleetModel
import Testing

@testable import FleetSuites
@testable import FleetTestKit

@Suite("Suites in environments of this machine", .serialized, .timeLimit(.minutes(5)))
struct SharedSuiteTests {
    @Test(
        "services/dns, services/oci and workflows/extension-loading in solo mode",
        .enabled(if: SuiteStack.missing(for: .solo).isEmpty, "needs the services of solo mode"))
    func solo() async throws {
        let example = [GuideExample.serverHasAName]
        try await SuiteCheck.run(Catalogue.dns + Catalogue.oci + loading + example, home: .solo)
    }

    @Test(
        "services/gitea and workflows/extension-loading in multiuser mode",
        .enabled(if: SuiteStack.missing(for: .multiuser).isEmpty, "needs the services of multiuser mode"))
    func multiuser() async throws { try await SuiteCheck.run(Catalogue.gitea + loading, home: .multiuser) }

    private var loading: [DeclaredTest] { Catalogue.extensionLoading }
}
