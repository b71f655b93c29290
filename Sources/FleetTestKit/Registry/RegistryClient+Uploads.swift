import FleetHTTP

/// An upload of a blob that has begun.
public struct BlobUpload: Hashable, Sendable {
    /// Where its next piece goes; another one after each piece.
    public var location: String
    /// How many bytes the registry has.
    public var size: Int
}

extension RegistryClient {
    /// Begins an upload in pieces.
    public func beginUpload(to repository: String) async throws -> BlobUpload {
        let begun = try await web.send(.post, "/v2/\(repository)/blobs/uploads/")
        guard begun.status == 202, let location = begun.headers["Location"] else {
            throw failure(begun, "no upload was begun")
        }
        return BlobUpload(location: location, size: 0)
    }

    /// Sends the next piece of an upload.
    public func append(_ piece: [UInt8], to upload: BlobUpload) async throws -> BlobUpload {
        let headers = [
            "Content-Type": "application/octet-stream",
            "Content-Range": "\(upload.size)-\(upload.size + piece.count - 1)",
        ]
        let stored = try await web.send(.patch, upload.location, headers: headers, body: piece)
        guard stored.status == 202, let location = stored.headers["Location"] else {
            throw failure(stored, "the piece was not stored")
        }
        return BlobUpload(location: location, size: try size(stored))
    }

    /// How far an upload is, by the registry's own word.
    public func progress(of upload: BlobUpload) async throws -> Int {
        let response = try await web.send(.get, upload.location)
        guard response.status == 204 else { throw failure(response, "there is no such upload") }
        return try size(response)
    }

    /// Ends an upload; the registry compares what it has with the digest.
    public func finish(_ upload: BlobUpload, as digest: Digest) async throws {
        let joint = upload.location.contains("?") ? "&" : "?"
        let stored = try await web.send(
            .put, "\(upload.location)\(joint)digest=\(digest.description.replacing(":", with: "%3A"))",
            headers: ["Content-Type": "application/octet-stream"], body: [])
        guard stored.status == 201 else { throw failure(stored, "the blob was not stored") }
    }

    /// Takes over a blob that another repository of the registry has; false when the registry wants it sent.
    public func mount(_ digest: Digest, from other: String, to repository: String) async throws -> Bool {
        let response = try await web.send(
            .post,
            "/v2/\(repository)/blobs/uploads/?mount=\(digest.description.replacing(":", with: "%3A"))&from=\(other)")
        guard response.status == 201 || response.status == 202 else {
            throw failure(response, "the blob was not taken over")
        }
        return response.status == 201
    }

    /// The size of a blob as the registry states it; nil when it does not have it.
    public func blobSize(_ digest: Digest, in repository: String) async throws -> Int? {
        let response = try await web.send(.head, "/v2/\(repository)/blobs/\(digest)")
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw failure(response, "the blob was not described") }
        return response.headers["Content-Length"].flatMap { Int($0) }
    }

    /// `0-N` is where the last byte is; an upload that has nothing says `0-0`.
    private func size(_ response: WebResponse) throws -> Int {
        let last = response.headers["Range"]?.split(separator: "-").last.flatMap { Int($0) }
        guard let last else { throw failure(response, "there is no range") }
        return last == 0 ? 0 : last + 1
    }
}
