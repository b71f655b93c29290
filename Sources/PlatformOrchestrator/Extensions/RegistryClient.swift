import InterfaceProfile
import NIOHTTP1
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The parts of an OCI image manifest that we read.
struct OCIManifest: Sendable, Decodable, Hashable {
    /// A blob that the manifest names.
    struct Descriptor: Sendable, Decodable, Hashable {
        let mediaType: String
        let digest: String
        let size: Int
    }

    let artifactType: String?
    let layers: [Descriptor]
    let annotations: [String: String]?
}

/// Pulls from an OCI registry (distribution specification 1.1); every byte is checked against its digest.
struct RegistryClient: Sendable {
    /// Larger manifests are refused; registries need not take larger ones.
    private static let manifestLimit = 4 << 20
    /// Larger archives are refused.
    private static let archiveLimit = 1 << 30

    let http: RegistryHTTP

    /// Throws when the registry does not answer.
    func checkHealth() async throws {
        let (head, _) = try await http.get("/v2/", limit: Self.manifestLimit)
        guard head.status == .ok else { throw unexpected(head, "/v2/") }
    }

    /// The tags of a repository; none when there is no such repository.
    func tags(of repository: String) async throws -> [String] {
        struct Answer: Decodable { let tags: [String]? }
        let path = "/v2/\(repository)/tags/list"
        let (head, body) = try await http.get(path, limit: Self.manifestLimit)
        if head.status == .notFound { return [] }
        guard head.status == .ok else { throw unexpected(head, path) }
        return try decode(Answer.self, body, path).tags ?? []
    }

    /// The manifest of a tag, or nil when there is none.
    func manifest(of repository: String, tag: String) async throws -> OCIManifest? {
        let path = "/v2/\(repository)/manifests/\(tag)"
        let accept = InterfaceProfile.standard.artifacts.manifestMediaType
        let (head, body) = try await http.get(path, accept: accept, limit: Self.manifestLimit)
        if head.status == .notFound { return nil }
        guard head.status == .ok else { throw unexpected(head, path) }
        if let promised = head.headers.first(name: "Docker-Content-Digest"), promised != Digest(of: body).description {
            throw PlatformError(
                .failed, "the manifest of \(repository):\(tag) has the digest \(Digest(of: body)), not \(promised)")
        }
        return try decode(OCIManifest.self, body, path)
    }

    /// Downloads a blob to a file that must not exist. Throws when what comes is not what the descriptor says.
    func download(_ blob: OCIManifest.Descriptor, of repository: String, to path: String) async throws -> Digest {
        guard let wanted = Digest(blob.digest) else {
            throw PlatformError(.failed, "\(repository): \(blob.digest) is no sha256 digest")
        }
        guard (0...Self.archiveLimit).contains(blob.size) else {
            throw PlatformError(.failed, "\(repository): an archive of \(blob.size) bytes is larger than we take")
        }
        let file = try DigestingFile(path: path, limit: blob.size)
        let address = "/v2/\(repository)/blobs/\(wanted)"
        let head = try await http.get(address) { try file.add($0) }
        guard head.status == .ok else { throw unexpected(head, address) }
        let got = try file.finish()
        guard got.digest == wanted, got.size == blob.size else {
            throw PlatformError(
                .failed,
                "\(repository): the archive is \(got.digest) with \(got.size) bytes, not \(wanted) with \(blob.size)")
        }
        return got.digest
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: [UInt8], _ path: String) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            throw PlatformError(.failed, "the registry's answer to \(path) cannot be read: \(error)")
        }
    }

    private func unexpected(_ head: HTTPResponseHead, _ path: String) -> PlatformError {
        PlatformError(.unavailable, "the registry \(http.name) answers \(head.status.code) to \(path)")
    }
}
