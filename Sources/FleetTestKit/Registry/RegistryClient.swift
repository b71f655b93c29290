import FleetHTTP

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An OCI registry over the distribution protocol: only what both Zot and docker-registry have.
///
/// Every digest is computed here from the bytes, on the way in and on the way out; what the registry says of a digest
/// is compared, never believed.
public struct RegistryClient: Sendable {
    /// The media type of an image manifest.
    public static let manifestMediaType = "application/vnd.oci.image.manifest.v1+json"
    /// The media type of the empty configuration blob, whose content is `{}`.
    public static let emptyMediaType = "application/vnd.oci.empty.v1+json"

    let web: WebClient

    /// Names the registry; nothing is sent yet.
    public init(web: WebClient) { self.web = web }

    /// Asks whether the registry speaks the protocol.
    public func ping() async throws {
        let response = try await web.send(.get, "/v2/")
        guard response.status == 200 else { throw failure(response, "not a registry, or it wants credentials") }
    }

    // MARK: Blobs

    /// Uploads content, unless the registry has it; the digest it is stored under is ours.
    ///
    /// - Parameter digest: what to claim; only a test of the registry itself claims a wrong one.
    @discardableResult
    public func pushBlob(_ content: [UInt8], to repository: String, as digest: Digest? = nil) async throws -> Digest {
        let digest = digest ?? Digest(of: content)
        let known = try await web.send(.head, "/v2/\(repository)/blobs/\(digest)")
        if known.status == 200 { return digest }
        let begun = try await web.send(.post, "/v2/\(repository)/blobs/uploads/")
        guard begun.status == 202, let location = begun.headers["Location"] else {
            throw failure(begun, "no upload was begun")
        }
        let joint = location.contains("?") ? "&" : "?"
        let stored = try await web.send(
            .put, "\(location)\(joint)digest=\(digest.description.replacing(":", with: "%3A"))",
            headers: ["Content-Type": "application/octet-stream"], body: content)
        guard stored.status == 201 else { throw failure(stored, "the blob was not stored") }
        return digest
    }

    /// The content of a digest, verified.
    ///
    /// - Throws: `AssertionFailure` when the registry hands out other bytes, `RegistryFailure` when it hands out none.
    public func pullBlob(
        _ digest: Digest, from repository: String, filePath: String = #filePath, line: Int = #line
    ) async throws -> [UInt8] {
        let response = try await web.send(.get, "/v2/\(repository)/blobs/\(digest)")
        guard response.status == 200 else { throw failure(response, "the blob was not handed out") }
        try verify(response.body, digest, "a blob of \(repository)", SourcePlace(filePath: filePath, line: line))
        return response.body
    }

    // MARK: Manifests

    /// Stores a manifest under a tag, or under its digest.
    ///
    /// - Returns: the digest of the bytes that were sent.
    @discardableResult
    public func pushManifest(
        _ manifest: OCIManifest, to repository: String, reference: String
    ) async throws -> Digest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let content = Array(try encoder.encode(manifest))
        let response = try await web.send(
            .put, "/v2/\(repository)/manifests/\(reference)", headers: ["Content-Type": manifest.mediaType],
            body: content)
        guard response.status == 201 else { throw failure(response, "the manifest was not stored") }
        return Digest(of: content)
    }

    /// The manifest of a tag or digest, with the digest of the bytes that came; a digest that was asked for is verified.
    public func pullManifest(
        _ reference: String, from repository: String, filePath: String = #filePath, line: Int = #line
    ) async throws -> (manifest: OCIManifest, digest: Digest) {
        let response = try await web.send(
            .get, "/v2/\(repository)/manifests/\(reference)", headers: ["Accept": Self.manifestMediaType])
        guard response.status == 200 else { throw failure(response, "the manifest was not handed out") }
        if let digest = Digest(reference) {
            let place = SourcePlace(filePath: filePath, line: line)
            try verify(response.body, digest, "a manifest of \(repository)", place)
        }
        guard let manifest = try? JSONDecoder().decode(OCIManifest.self, from: Data(response.body)) else {
            throw failure(response, "the body is no image manifest")
        }
        return (manifest, Digest(of: response.body))
    }

    /// Removes a manifest by digest; true when it is gone, false when the registry does not allow deletion.
    ///
    /// By digest only: docker-registry deletes no tags.
    @discardableResult
    public func deleteManifest(_ digest: Digest, from repository: String) async throws -> Bool {
        let response = try await web.send(.delete, "/v2/\(repository)/manifests/\(digest)")
        switch response.status {
        case 202, 404: return true
        case 400, 405: return false
        default: throw failure(response, "the manifest was not deleted")
        }
    }

    /// The tags of a repository, sorted; empty when the repository does not exist.
    public func tags(of repository: String) async throws -> [String] {
        let response = try await web.send(.get, "/v2/\(repository)/tags/list")
        if response.status == 404 { return [] }
        guard response.status == 200, let body = JSONValue(bytes: response.body) else {
            throw failure(response, "the tags were not listed")
        }
        return (body["tags"]?.array ?? []).compactMap(\.string).sorted()
    }

    // MARK: Artifacts

    /// Pushes one layer as an artifact and tags it.
    ///
    /// - Returns: the digest of the manifest.
    @discardableResult
    public func pushArtifact(
        _ layer: [UInt8], layerMediaType: String, artifactType: String, annotations: [String: String],
        to repository: String, tag: String
    ) async throws -> Digest {
        let config = Array("{}".utf8)
        try await pushBlob(config, to: repository)
        try await pushBlob(layer, to: repository)
        let manifest = OCIManifest(
            mediaType: Self.manifestMediaType, artifactType: artifactType,
            config: OCIDescriptor(mediaType: Self.emptyMediaType, content: config),
            layers: [OCIDescriptor(mediaType: layerMediaType, content: layer)], annotations: annotations)
        return try await pushManifest(manifest, to: repository, reference: tag)
    }

    func verify(_ content: [UInt8], _ digest: Digest, _ what: String, _ place: SourcePlace) throws {
        let actual = Digest(of: content)
        guard actual != digest else { return }
        throw AssertionFailure(
            "the registry handed out \(what) that does not match its digest", expected: digest.description,
            actual: "\(actual) (\(content.count) bytes)", at: place)
    }

    func failure(_ response: WebResponse, _ reason: String) -> RegistryFailure {
        let errors = JSONValue(bytes: response.body)?["errors"]?.array ?? []
        return RegistryFailure(
            request: response.request, status: response.status, codes: errors.compactMap { $0["code"]?.string },
            reason: reason)
    }
}
