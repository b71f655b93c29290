import FleetHTTP
import FleetTestKit

extension Catalogue {
    /// `services/others`: one test for each service that no other suite is about.
    static let otherServices: [DeclaredTest] = [
        OtherServices.postgreSQL,
        OtherServices.controlCenter,
        OtherServices.extensionRegistry,
        OtherServices.apiServer,
        OtherServices.elasticsearch,
    ]
}

/// The tests of `services/others`; they run side by side in one environment.
enum OtherServices {}
