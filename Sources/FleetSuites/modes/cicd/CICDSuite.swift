import FleetTestKit

extension Catalogue {
    /// `modes/cicd`: what programs rely on that drive the platform.
    static let cicd: [DeclaredTest] = []
}
