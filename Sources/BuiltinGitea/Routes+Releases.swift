import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Releases.
    func releaseRoutes() -> [Route] {
        [
            repository("GET /releases", .read) { found in
                let shapes = self.shapes(found.call)
                let query = found.call.query
                let releases = self.visible(found).filter { release in
                    (query.flag("draft").map { $0 == release.isDraft } ?? true)
                        && (query.flag("pre-release").map { $0 == release.isPrerelease } ?? true)
                }
                return Page(query).answer(releases, found.call) { shapes.release($0, found.repository) }
            },
            repository("GET /releases/latest", .read) { found in
                let release = self.visible(found).first { !$0.isDraft && !$0.isPrerelease }
                guard let release else { throw Refusal(404, "release does not exist") }
                return self.answer(release, found, status: 200)
            },
            repository("GET /releases/tags/{tag...}", .read) { found in
                self.answer(try self.release(found, tag: found.call["tag"]), found, status: 200)
            },
            repository("DELETE /releases/tags/{tag...}", .write) { found in
                try self.delete(try self.release(found, tag: found.call["tag"]), found)
            },
            repository("GET /releases/{id}", .read) { found in
                let release = try Self.release(found.ledger.read { $0 }, found)
                guard !release.isDraft || found.access >= .write else { throw Refusal(404, "release does not exist") }
                return self.answer(release, found, status: 200)
            },
            repository("POST /releases", .write) { found in try await self.createRelease(found) },
            repository("PATCH /releases/{id}", .write) { found in try await self.editRelease(found) },
            repository("DELETE /releases/{id}", .write) { found in
                try self.delete(try Self.release(found.ledger.read { $0 }, found), found)
            },
        ]
    }

    /// The latest first; drafts only for those who may write.
    func visible(_ found: RepositoryCall) -> [Release] {
        found.ledger.read { ledger in
            ledger.releases.values.filter { !$0.isDraft || found.access >= .write }.sorted { $0.id > $1.id }
        }
    }

    func release(_ found: RepositoryCall, tag: String) throws -> Release {
        guard let release = visible(found).first(where: { $0.tag == tag }) else {
            throw Refusal(404, "release does not exist [tag: \(tag)]")
        }
        return release
    }

    static func release(_ ledger: Ledger, _ found: RepositoryCall) throws -> Release {
        guard let id = Int(found.call["id"]), let release = ledger.releases[id] else {
            throw Refusal(404, "release does not exist [id: \(found.call["id"])]")
        }
        return release
    }

    private func answer(_ release: Release, _ found: RepositoryCall, status: Int) -> Response {
        Reply.json(shapes(found.call).release(release, found.repository), status: status)
    }

    private func createRelease(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        let author = try found.signedIn()
        guard let tag = body["tag_name"].string, try await found.git.isName(tag) else {
            throw Refusal(422, "[TagName]: Required, and a name that git takes")
        }
        guard try await !found.git.references("refs/heads").isEmpty else { throw Refusal(422, "repo is empty") }
        let exists = Refusal(409, "release already exists [tag_name: \(tag)]")
        guard !found.ledger.read({ $0.releases.values.contains { $0.tag == tag } }) else { throw exists }
        let target = body["target_commitish"].string.flatMap { $0.isEmpty ? nil : $0 } ?? found.repository.defaultBranch
        let isDraft = body["draft"].bool ?? false
        if !isDraft, try await found.git.target(of: "refs/tags/\(tag)") == nil {
            _ = try await makeTag(tag, at: target, message: "", found)
        }
        let release = try found.ledger.update { ledger in
            guard !ledger.releases.values.contains(where: { $0.tag == tag }) else { throw exists }
            let release = Release(
                id: ledger.nextID(), author: author.id, tag: tag, target: target, name: body["name"].string ?? tag,
                body: body["body"].string ?? "", isDraft: isDraft, isPrerelease: body["prerelease"].bool ?? false,
                created: Clock.now())
            ledger.releases[release.id] = release
            return release
        }
        if !isDraft { try await announce("published", release, found) }
        return answer(release, found, status: 201)
    }

    private func editRelease(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        let before = try Self.release(found.ledger.read { $0 }, found)
        let isPublished = before.isDraft && body["draft"].bool == false
        if isPublished, try await found.git.target(of: "refs/tags/\(before.tag)") == nil {
            _ = try await makeTag(before.tag, at: before.target, message: "", found)
        }
        let changed = try found.ledger.update { ledger in
            var release = try Self.release(ledger, found)
            release.name = body["name"].string ?? release.name
            release.body = body["body"].string ?? release.body
            release.isDraft = body["draft"].bool ?? release.isDraft
            release.isPrerelease = body["prerelease"].bool ?? release.isPrerelease
            ledger.releases[release.id] = release
            return release
        }
        try await announce(isPublished ? "published" : "updated", changed, found)
        return answer(changed, found, status: 200)
    }

    private func delete(_ release: Release, _ found: RepositoryCall) throws -> Response {
        try found.ledger.update { $0.releases[release.id] = nil }
        for asset in release.assets { removeFile(of: asset) }
        return Reply.empty()
    }

    private func announce(_ action: String, _ release: Release, _ found: RepositoryCall) async throws {
        let shapes = shapes(found.call)
        let payload: JSON = [
            "action": .string(action), "release": shapes.release(release, found.repository),
            "repository": try await describe(found.repository, found.call, found.caller),
            "sender": shapes.user(try found.signedIn()),
        ]
        try announce("release", payload, to: found.ledger)
    }
}
