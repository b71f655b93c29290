import FleetTestKit

extension Catalogue {
    /// `services/oci`: artifacts in OCI registries, compared by digest.
    static let oci: [DeclaredTest] = [
        OCITests.zotRegistry,
        OCITests.harborRegistry,
        OCITests.pushKCLPackage,
        OCITests.pullKCLPackage,
        OCITests.pushExtension,
        OCITests.pullExtension,
        OCITests.listArtifacts,
        OCITests.verifyManifests,
        OCITests.deleteArtifacts,
        OCITests.authentication,
        OCITests.catalogAPI,
        OCITests.blobUpload,
    ]
}

/// The tests of `services/oci`: only what both Zot and docker-registry have. Digests are computed here.
enum OCITests {}
