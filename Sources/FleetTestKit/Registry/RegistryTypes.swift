/// What a manifest says of one piece of content (OCI image specification, descriptor).
public struct OCIDescriptor: Hashable, Sendable, Codable {
    /// What kind of content.
    public var mediaType: String
    /// Its digest.
    public var digest: Digest
    /// Its size in bytes.
    public var size: Int

    /// Describes content.
    public init(mediaType: String, content: [UInt8]) {
        self.mediaType = mediaType
        self.digest = Digest(of: content)
        self.size = content.count
    }
}

/// An image manifest (OCI image specification 1.1) as far as artifacts need it.
public struct OCIManifest: Hashable, Sendable, Codable {
    /// Always 2.
    public var schemaVersion = 2
    /// The media type of the manifest itself.
    public var mediaType: String
    /// What kind of artifact; absent in manifests of OCI 1.0.
    public var artifactType: String?
    /// The configuration blob.
    public var config: OCIDescriptor
    /// The layers.
    public var layers: [OCIDescriptor]
    /// Free annotations.
    public var annotations: [String: String]?

    /// Describes an artifact.
    public init(
        mediaType: String, artifactType: String?, config: OCIDescriptor, layers: [OCIDescriptor],
        annotations: [String: String]?
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }
}

/// What a registry answered, when it was not what the client needs.
public struct RegistryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Method and path.
    public var request: String
    /// The HTTP status.
    public var status: Int
    /// The codes of the error body, such as `DIGEST_INVALID`; empty when there is none.
    public var codes: [String]
    /// One sentence.
    public var reason: String

    /// One sentence with the request.
    public var description: String {
        let listed = codes.isEmpty ? "" : " (\(codes.joined(separator: ", ")))"
        return "\(request) answered \(status)\(listed): \(reason)"
    }
}
