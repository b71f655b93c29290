import FleetTestKit

extension Catalogue {
    /// `modes/solo`: what one developer on one machine relies on.
    static let solo: [DeclaredTest] = []
}
