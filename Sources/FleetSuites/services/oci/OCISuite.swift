import FleetTestKit

extension Catalogue {
    /// `services/oci`: artifacts in OCI registries, compared by digest.
    static let oci: [DeclaredTest] = []
}
