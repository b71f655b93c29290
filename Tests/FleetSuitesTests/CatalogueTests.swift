import FleetModel
import FleetSuites
import Testing

@Suite("Catalogue")
struct CatalogueTests {
    @Test("the ids are unique, and every test has an estimate below its limit")
    func sound() {
        let tests = Catalogue.tests
        #expect(Set(tests.map(\.id)).count == tests.count)
        #expect(tests.allSatisfy { $0.kind == .builtin && ($0.estimate ?? 0) > 0 && ($0.estimate ?? 0) < $0.timeout })
    }

    @Test("solo mode has its 8 tests, with the titles of the suite's README")
    func solo() {
        let expected: KeyValuePairs = [
            "minimal-services": "Minimal services running",
            "single-user-operations": "Single-user operations (no auth)",
            "no-multiuser-services": "No multi-user services", "workspace-creation": "Workspace creation",
            "server-deployment-with-dns": "Server deployment with DNS registration",
            "taskserv-installation": "Taskserv installation",
            "extension-loading-from-oci": "Extension loading from OCI", "admin-permissions": "Admin permissions",
        ]
        let solo = Catalogue.tests.filter { $0.id.suite == "modes/solo" }
        #expect(solo.map(\.id.name) == expected.map(\.key))
        #expect(solo.map(\.title) == expected.map(\.value))
        #expect(solo.allSatisfy { $0.modes == [.solo] && $0.homeMode == .solo && $0.isolation == .shared })
    }
}
