import BuiltinSupport
import FleetSystem
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Gitea {
    /// The largest asset, in bytes; it passes through memory.
    private static let assetLimit = 256 << 20

    /// Files of releases.
    func assetRoutes() -> [Route] {
        [
            repository("GET /releases/{id}/assets", .read) { found in
                let release = try Self.release(found.ledger.read { $0 }, found)
                let shapes = self.shapes(found.call)
                return Reply.json(.array(release.assets.map { shapes.asset($0, of: release, found.repository) }))
            },
            repository("POST /releases/{id}/assets", .write) { found in try await self.upload(found) },
            repository("GET /releases/{id}/assets/{asset}", .read) { found in
                let (release, index) = try Self.asset(found.ledger.read { $0 }, found)
                return self.answer(release.assets[index], of: release, found, status: 200)
            },
            repository("PATCH /releases/{id}/assets/{asset}", .write) { found in
                let name = try await found.call.json()["name"].string
                let (release, index) = try found.ledger.update { ledger in
                    let (known, index) = try Self.asset(ledger, found)
                    var release = known
                    release.assets[index].name = name ?? release.assets[index].name
                    ledger.releases[release.id] = release
                    return (release, index)
                }
                return self.answer(release.assets[index], of: release, found, status: 201)
            },
            repository("DELETE /releases/{id}/assets/{asset}", .write) { found in
                let removed = try found.ledger.update { ledger in
                    let (known, index) = try Self.asset(ledger, found)
                    var release = known
                    let removed = release.assets.remove(at: index)
                    ledger.releases[release.id] = release
                    return removed
                }
                self.removeFile(of: removed)
                return Reply.empty()
            },
            open("GET /{owner}/{repo}/releases/download/{path...}") { call, caller in
                try await self.download(try self.repositoryCall(call, caller))
            },
        ]
    }

    func removeFile(of asset: Asset) {
        try? FileManager.default.removeItem(atPath: "\(directory)/assets/\(asset.uuid)")
    }

    private static func asset(_ ledger: Ledger, _ found: RepositoryCall) throws -> (Release, Int) {
        let release = try release(ledger, found)
        guard let index = release.assets.firstIndex(where: { "\($0.id)" == found.call["asset"] }) else {
            throw Refusal(404, "attachment does not exist [id: \(found.call["asset"])]")
        }
        return (release, index)
    }

    private func answer(_ asset: Asset, of release: Release, _ found: RepositoryCall, status: Int) -> Response {
        Reply.json(shapes(found.call).asset(asset, of: release, found.repository), status: status)
    }

    private func upload(_ found: RepositoryCall) async throws -> Response {
        _ = try Self.release(found.ledger.read { $0 }, found)
        let buffer = try await found.call.body(limit: Self.assetLimit)
        let bytes = Array(buffer.readableBytesView)
        let type = found.call.header("Content-Type") ?? ""
        let name: String
        let content: [UInt8]
        if type.hasPrefix("multipart/form-data") {
            guard let part = MultipartForm(bytes, contentType: type)?.part("attachment") else {
                throw Refusal(400, "the form has no file named attachment")
            }
            name = found.call.query["name"] ?? part.fileName ?? "attachment"
            content = part.content
        } else {
            guard let given = found.call.query["name"] else { throw Refusal(400, "name: a raw upload needs one") }
            name = given
            content = bytes
        }
        let uuid = UUID().uuidString.lowercased()
        try AtomicFile.write(content, to: "\(directory)/assets/\(uuid)")
        let (release, asset) = try found.ledger.update { ledger in
            var release = try Self.release(ledger, found)
            let asset = Asset(
                id: ledger.nextID(), name: name, size: content.count, uuid: uuid, created: Clock.now())
            release.assets.append(asset)
            ledger.releases[release.id] = release
            return (release, asset)
        }
        return answer(asset, of: release, found, status: 201)
    }

    private func download(_ found: RepositoryCall) async throws -> Response {
        let parts = found.call["path"].split(separator: "/")
        let tag = parts.dropLast().joined(separator: "/")
        let release = try release(found, tag: tag)
        guard let asset = release.assets.first(where: { $0.name == parts.last.map(String.init) }) else {
            throw Refusal(404, "The target couldn't be found.")
        }
        try found.ledger.update { ledger in
            guard let index = ledger.releases[release.id]?.assets.firstIndex(where: { $0.id == asset.id }) else {
                return
            }
            ledger.releases[release.id]?.assets[index].downloads += 1
        }
        let disposition = "attachment; filename=\"\(asset.name.replacing("\"", with: "_"))\""
        return try await Reply.file(
            "\(directory)/assets/\(asset.uuid)", type: "application/octet-stream",
            headers: ["Content-Disposition": disposition], found.call)
    }
}
