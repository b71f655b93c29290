import FleetTestKit

extension Catalogue {
    /// `security/kms`: SSH keys in the key management service.
    static let kms: [DeclaredTest] = []
}
