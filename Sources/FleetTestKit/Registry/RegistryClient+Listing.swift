import FleetHTTP

extension RegistryClient {
    /// What a registry says of a manifest without handing it out.
    public struct ManifestHead: Hashable, Sendable {
        /// The digest that the registry states.
        public var digest: Digest?
        /// The media type.
        public var mediaType: String?
        /// The size in bytes.
        public var size: Int?
    }

    /// What the registry says of a manifest; nil when it does not have it.
    public func manifestHead(_ reference: String, in repository: String) async throws -> ManifestHead? {
        let response = try await web.send(
            .head, "/v2/\(repository)/manifests/\(reference)", headers: ["Accept": Self.manifestMediaType])
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw failure(response, "the manifest was not described") }
        return ManifestHead(
            digest: response.headers["Docker-Content-Digest"].flatMap(Digest.init),
            mediaType: response.headers["Content-Type"], size: response.headers["Content-Length"].flatMap { Int($0) })
    }

    /// The bytes of a manifest as the registry hands them out; a digest that was asked for is verified.
    public func pullManifestBytes(
        _ reference: String, from repository: String, filePath: String = #filePath, line: Int = #line
    ) async throws -> [UInt8] {
        let response = try await web.send(
            .get, "/v2/\(repository)/manifests/\(reference)", headers: ["Accept": Self.manifestMediaType])
        guard response.status == 200 else { throw failure(response, "the manifest was not handed out") }
        if let digest = Digest(reference) {
            try verify(
                response.body, digest, "a manifest of \(repository)", SourcePlace(filePath: filePath, line: line))
        }
        return response.body
    }

    /// Stores bytes as a manifest, whatever they are.
    ///
    /// - Throws: `RegistryFailure` when the registry refuses them.
    public func pushManifest(
        bytes: [UInt8], mediaType: String = Self.manifestMediaType, to repository: String, reference: String
    ) async throws {
        let response = try await web.send(
            .put, "/v2/\(repository)/manifests/\(reference)", headers: ["Content-Type": mediaType], body: bytes)
        guard response.status == 201 else { throw failure(response, "the manifest was not stored") }
    }

    /// All repositories, page by page.
    ///
    /// - Parameter pageSize: how many a page has at most.
    /// - Returns: the names of each page.
    /// - Throws: `RegistryFailure`, also when the pages have no end.
    public func catalogue(pageSize: Int) async throws -> [[String]] {
        var pages: [[String]] = []
        var path: String? = "/v2/_catalog?n=\(pageSize)"
        while let next = path {
            let response = try await web.send(.get, next)
            guard response.status == 200, pages.count < 10_000,
                let names = JSONValue(bytes: response.body)?["repositories"]?.array
            else { throw failure(response, "the repositories were not listed") }
            pages.append(names.compactMap(\.string))
            path = response.headers["Link"].flatMap(Self.target)
        }
        return pages
    }

    /// The address of `<…>; rel="next"` (RFC 8288).
    private static func target(of link: String) -> String? {
        guard link.contains("rel=\"next\""), let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">")
        else { return nil }
        return String(link[link.index(after: start)..<end])
    }
}

/// Passes when a registry says no.
///
/// - Parameters:
///   - what: what must be refused.
///   - statuses: the HTTP statuses that count.
///   - body: asks for it.
/// - Throws: `AssertionFailure` when the registry agrees, or refuses with another status.
public func expectRegistryRefusal(
    _ what: String, statuses: Set<Int>, filePath: String = #filePath, line: Int = #line, _ body: () async throws -> Void
) async throws {
    let place = SourcePlace(filePath: filePath, line: line)
    let expected = "one of the statuses \(statuses.sorted())"
    do {
        try await body()
    } catch let failure as RegistryFailure {
        guard !statuses.contains(failure.status) else { return }
        throw AssertionFailure(
            "\(what) was refused in another way", expected: expected, actual: failure.description, at: place)
    }
    throw AssertionFailure("\(what) was not refused", expected: expected, actual: "success", at: place)
}
