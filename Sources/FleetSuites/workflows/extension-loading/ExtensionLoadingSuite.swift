import FleetTestKit

extension Catalogue {
    /// `workflows/extension-loading`: extensions from all sources, with versions and cache.
    static let extensionLoading: [DeclaredTest] = []
}
