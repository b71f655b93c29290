import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Branches, tags, commits and trees.
    func referenceRoutes() -> [Route] {
        [
            repository("GET /branches", .read) { found in
                let branches = try await found.git.references("refs/heads")
                var described: [String: JSON] = [:]
                for branch in Page(found.call.query).of(branches) {
                    described[branch.name] = try await self.describe(branch, found)
                }
                return Page(found.call.query).answer(branches, found.call) { described[$0.name] ?? .null }
            },
            repository("GET /branches/{name...}", .read) { found in
                Reply.json(try await self.describe(try await self.branch(found), found))
            },
            repository("POST /branches", .write) { found in try await self.createBranch(found) },
            repository("DELETE /branches/{name...}", .write) { found in
                let branch = try await self.branch(found)
                guard branch.name != found.repository.defaultBranch else {
                    throw Refusal(403, "branch is the default one [name: \(branch.name)]")
                }
                return try await self.move("refs/heads/\(branch.name)", found, from: branch.id, to: Git.nothing)
            },
            repository("GET /tags", .read) { found in
                let tags = try await found.git.references("refs/tags")
                return Page(found.call.query).answer(tags.reversed(), found.call) { self.describe(tag: $0, found) }
            },
            repository("GET /tags/{name...}", .read) { found in
                Reply.json(self.describe(tag: try await self.tag(found), found))
            },
            repository("POST /tags", .write) { found in try await self.createTag(found) },
            repository("DELETE /tags/{name...}", .write) { found in
                let tag = try await self.tag(found)
                guard !found.ledger.read({ $0.releases.values.contains { $0.tag == tag.name } }) else {
                    throw Refusal(409, "a tag attached to a release cannot be deleted directly")
                }
                return try await self.move("refs/tags/\(tag.name)", found, from: tag.id, to: Git.nothing)
            },
            repository("GET /commits", .read) { found in try await self.commits(found) },
            repository("GET /git/commits/{sha}", .read) { found in
                let id = try await self.commit(found, found.call["sha"])
                guard let commit = try await found.git.commits([id], most: 1).first else { throw Refusal(404, id) }
                return Reply.json(self.shapes(found.call).commit(commit, found.repository))
            },
            repository("GET /git/trees/{sha}", .read) { found in try await self.tree(found) },
        ]
    }

    private func branch(_ found: RepositoryCall) async throws -> Reference {
        let name = found.call["name"]
        guard let branch = try await found.git.references("refs/heads").first(where: { $0.name == name }) else {
            throw Refusal(404, "branch does not exist [name: \(name)]")
        }
        return branch
    }

    private func tag(_ found: RepositoryCall) async throws -> Reference {
        let name = found.call["name"]
        guard let tag = try await found.git.references("refs/tags").first(where: { $0.name == name }) else {
            throw Refusal(404, "tag does not exist [name: \(name)]")
        }
        return tag
    }

    private func describe(_ branch: Reference, _ found: RepositoryCall) async throws -> JSON {
        guard let commit = try await found.git.commits([branch.commit], most: 1).first else {
            throw Refusal(500, "\(branch.name) has no commit")
        }
        let url = "\(shapes(found.call).address(found.repository))/commit/\(commit.id)"
        let mayPush = found.access >= .write
        return [
            "name": .string(branch.name), "protected": false, "required_approvals": 0, "enable_status_check": false,
            "status_check_contexts": [], "user_can_push": .bool(mayPush), "user_can_merge": .bool(mayPush),
            "effective_branch_protection_name": "",
            "commit": [
                "id": .string(commit.id), "message": .string(commit.message), "url": .string(url),
                "author": [
                    "name": .string(commit.author.name), "email": .string(commit.author.email), "username": "",
                ],
                "committer": [
                    "name": .string(commit.committer.name), "email": .string(commit.committer.email), "username": "",
                ], "verification": Shapes.unsigned, "timestamp": .string(commit.committer.date), "added": .null,
                "removed": .null, "modified": .null,
            ],
        ]
    }

    private func describe(tag: Reference, _ found: RepositoryCall) -> JSON {
        let shapes = shapes(found.call)
        return [
            "name": .string(tag.name), "message": .string(tag.message), "id": .string(tag.id),
            "commit": [
                "url": .string("\(shapes.api(found.repository))/git/commits/\(tag.commit)"),
                "sha": .string(tag.commit), "created": "0001-01-01T00:00:00Z",
            ], "zipball_url": .string("\(shapes.address(found.repository))/archive/\(tag.name).zip"),
            "tarball_url": .string("\(shapes.address(found.repository))/archive/\(tag.name).tar.gz"),
        ]
    }

    /// Moves a reference and tells the hooks. Throws when somebody else moved it meanwhile.
    private func move(_ reference: String, _ found: RepositoryCall, from old: String, to new: String) async throws
        -> Response
    {
        guard try await found.git.move(reference, from: old, to: new) else {
            throw Refusal(409, "\(reference) was changed meanwhile, or exists")
        }
        try await moved([Move(reference: reference, old: old, new: new)], found, by: try found.signedIn())
        return Reply.empty()
    }

    private func createBranch(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        guard let name = body["new_branch_name"].string, try await found.git.isName(name) else {
            throw Refusal(422, "[BranchName]: Required, and a name that git takes")
        }
        guard try await found.git.target(of: "refs/heads/\(name)") == nil else {
            throw Refusal(409, "The branch already exists.")
        }
        let from = [body["old_ref_name"].string, body["old_branch_name"].string].compactMap { $0 }.first { !$0.isEmpty }
        let start = try await commit(found, from)
        _ = try await move("refs/heads/\(name)", found, from: Git.nothing, to: start)
        let branch = Reference(name: name, id: start, commit: start, message: "")
        return Reply.json(try await describe(branch, found), status: 201)
    }

    private func createTag(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        guard let name = body["tag_name"].string, try await found.git.isName(name) else {
            throw Refusal(422, "[TagName]: Required, and a name that git takes")
        }
        let message = body["message"].string ?? ""
        let tag = try await makeTag(name, at: body["target"].string, message: message, found)
        return Reply.json(describe(tag: tag, found), status: 201)
    }

    /// Makes a tag, annotated where there is a message.
    func makeTag(
        _ name: String, at target: String?, message: String, _ found: RepositoryCall
    ) async throws -> Reference {
        guard try await found.git.target(of: "refs/tags/\(name)") == nil else {
            throw Refusal(409, "tag already exists [name: \(name)]")
        }
        let commit = try await commit(found, target)
        var object = commit
        if !message.isEmpty {
            let account = try found.signedIn()
            // `git mktag` wants a zone and whole seconds; `git var` prints both.
            let identity = ["GIT_COMMITTER_NAME": account.login, "GIT_COMMITTER_EMAIL": account.email]
            let tagger = try await found.git.run(["var", "GIT_COMMITTER_IDENT"], environment: identity).line
            let text = "object \(commit)\ntype commit\ntag \(name)\ntagger \(tagger)\n\n\(message)\n"
            object = try await found.git.run(["mktag"], input: Array(text.utf8)).line
        }
        _ = try await move("refs/tags/\(name)", found, from: Git.nothing, to: object)
        return Reference(name: name, id: object, commit: commit, message: message)
    }

    private func commits(_ found: RepositoryCall) async throws -> Response {
        guard try await !found.git.references("refs/heads").isEmpty else {
            throw Refusal(409, "Git Repository is empty.")
        }
        let query = found.call.query
        let start = try await commit(found, query["sha"])
        let path = query["path"].flatMap { $0.isEmpty ? nil : $0 }
        let page = Page(query)
        let total = try await found.git.count(start, path: path)
        let commits = try await found.git.commits(
            [start], path: path, skip: (page.number - 1) * page.size, most: page.size)
        let shapes = shapes(found.call)
        // The list that is paged is git's; its places stand for what is not on this page.
        return try page.answer(Array(0..<total), found.call) { place in
            let index = place - (page.number - 1) * page.size
            guard commits.indices.contains(index) else { throw Refusal(500, "the history changed meanwhile") }
            return shapes.commit(commits[index], found.repository)
        }
    }

    private func tree(_ found: RepositoryCall) async throws -> Response {
        let id = try await commit(found, found.call["sha"])
        let url = "\(shapes(found.call).api(found.repository))/git"
        let entries = try await found.git.tree(id, recursive: found.call.query.flag("recursive") ?? false)
        let described = entries.map { entry -> JSON in
            [
                "path": .string(entry.path), "mode": .string(entry.mode), "type": .string(entry.type),
                "size": .int(entry.size ?? 0), "sha": .string(entry.id),
                "url": .string("\(url)/\(entry.type == "blob" ? "blobs" : "trees")/\(entry.id)"),
            ]
        }
        return Reply.json([
            "sha": .string(id), "url": .string("\(url)/trees/\(id)"), "tree": .array(described), "truncated": false,
            "page": 1, "total_count": .int(described.count),
        ])
    }
}
