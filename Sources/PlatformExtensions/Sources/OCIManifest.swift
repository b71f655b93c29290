/// The parts of an OCI image manifest that we read and write.
struct OCIManifest: Sendable, Codable, Hashable {
    /// A blob that the manifest names.
    struct Descriptor: Sendable, Codable, Hashable {
        let mediaType: String
        let digest: String
        let size: Int
    }

    var schemaVersion = 2
    let mediaType: String?
    let artifactType: String?
    let config: Descriptor?
    let layers: [Descriptor]
    let annotations: [String: String]?
}
