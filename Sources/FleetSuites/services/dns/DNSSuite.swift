import FleetTestKit

extension Catalogue {
    /// `services/dns`: names of servers in the DNS, by its own protocol.
    static let dns: [DeclaredTest] = []
}
