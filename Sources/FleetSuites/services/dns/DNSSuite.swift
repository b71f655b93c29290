import FleetTestKit

extension Catalogue {
    /// `services/dns`: names of servers in the DNS, by its own protocol.
    static let dns: [DeclaredTest] = [
        DNSTests.registrationOnCreation,
        DNSTests.resolution,
        DNSTests.cleanupOnDeletion,
        DNSTests.updatesOnAddressChange,
        DNSTests.externalQueries,
        DNSTests.multipleServerRecords,
        DNSTests.zoneTransfers,
        DNSTests.caching,
    ]
}

/// The tests of `services/dns`. The name server itself is asked; what the orchestrator lists is a second witness.
enum DNSTests {}
