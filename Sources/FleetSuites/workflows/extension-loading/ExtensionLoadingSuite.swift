import FleetTestKit

extension Catalogue {
    /// `workflows/extension-loading`: extensions from all sources, with versions and cache.
    static let extensionLoading: [DeclaredTest] = [
        ExtensionTests.taskservFromOCI,
        ExtensionTests.providerFromGitea,
        ExtensionTests.clusterFromLocalPath,
        ExtensionTests.dependencyResolution,
        ExtensionTests.versionConflictResolution,
        ExtensionTests.caching,
        ExtensionTests.lazyLoading,
        ExtensionTests.semverResolution,
        ExtensionTests.updates,
        ExtensionTests.rollback,
        ExtensionTests.multiSourceLoading,
        ExtensionTests.validation,
    ]
}

/// The tests of `workflows/extension-loading`. What the platform loaded is compared by digest with what was published.
enum ExtensionTests {}
