import FleetTestKit

extension Catalogue {
    /// `modes/multiuser`: what several people rely on who share one platform.
    static let multiuser: [DeclaredTest] = []
}
