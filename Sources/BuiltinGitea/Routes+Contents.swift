import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Gitea {
    /// Files, read and changed through git.
    func contentRoutes() -> [Route] {
        [
            repository("GET /contents/{path...}", .read) { found in try await self.contents(found) },
            repository("POST /contents/{path...}", .write) { found in
                let body = try await found.call.json()
                let path = found.call["path"]
                let changes = path.isEmpty ? try Self.changes(body) : [try Self.creation(path, body)]
                return try await self.change(found, body, changes, status: 201)
            },
            repository("PUT /contents/{path...}", .write) { found in
                let body = try await found.call.json()
                let path = found.call["path"]
                guard let sha = body["sha"].string, !sha.isEmpty else { throw Refusal(422, "[SHA]: Required") }
                let from = body["from_path"].string.flatMap { $0.isEmpty ? nil : $0 } ?? path
                let action = FileChange.Action.update(try Self.content(body), seen: sha, from: from)
                return try await self.change(found, body, [FileChange(path: path, action: action)], status: 200)
            },
            repository("DELETE /contents/{path...}", .write) { found in
                let body = try await found.call.json()
                guard let sha = body["sha"].string ?? found.call.query["sha"] else {
                    throw Refusal(422, "[SHA]: Required")
                }
                let change = FileChange(path: found.call["path"], action: .delete(seen: sha))
                return try await self.change(found, body, [change], status: 200)
            },
            repository("GET /raw/{path...}", .read) { found in
                let commit = try await self.commit(found, found.call.query["ref"])
                return try await self.raw(found, commit, found.call["path"])
            },
            open("GET /{owner}/{repo}/raw/branch/{branch}/{path...}") { call, caller in
                let found = try self.repositoryCall(call, caller)
                return try await self.raw(found, try await self.commit(found, call["branch"]), call["path"])
            },
            open("GET /{owner}/{repo}/archive/{name...}") { call, caller in
                try await self.archive(try self.repositoryCall(call, caller), call["name"])
            },
            repository("GET /archive/{name...}", .read) { found in
                try await self.archive(found, found.call["name"])
            },
        ]
    }

    /// The commit that a reference names, or the default branch's. Throws a refusal with status 404.
    func commit(_ found: RepositoryCall, _ name: String?) async throws -> String {
        let name = name.flatMap { $0.isEmpty ? nil : $0 } ?? found.repository.defaultBranch
        guard let commit = try await found.git.commit(name) else {
            throw Refusal(404, "object does not exist [id: \(name), rel_path: ]")
        }
        return commit
    }

    private static func content(_ body: JSON) throws -> [UInt8] {
        guard let text = body["content"].string, let data = Data(base64Encoded: text) else {
            throw Refusal(422, "[ContentBase64]: content is no Base64")
        }
        return Array(data)
    }

    private static func creation(_ path: String, _ body: JSON) throws -> FileChange {
        FileChange(path: path, action: .create(try content(body)))
    }

    private static func changes(_ body: JSON) throws -> [FileChange] {
        guard let files = body["files"].items, !files.isEmpty else { throw Refusal(422, "[Files]: Required") }
        return try files.map { file in
            guard let path = file["path"].string else { throw Refusal(422, "[Path]: Required") }
            switch file["operation"].string {
            case "create": return try creation(path, file)
            case "update":
                let action = FileChange.Action.update(
                    try content(file), seen: file["sha"].string ?? "", from: file["from_path"].string ?? path)
                return FileChange(path: path, action: action)
            case "delete": return FileChange(path: path, action: .delete(seen: file["sha"].string ?? ""))
            default: throw Refusal(422, "[Operation]: one of create, update, delete")
            }
        }
    }

    private func change(
        _ found: RepositoryCall, _ body: JSON, _ changes: [FileChange], status: Int
    ) async throws -> Response {
        if found.repository.isArchived { throw Refusal(423, "the repository is archived") }
        let account = try found.signedIn()
        let old = body["branch"].string.flatMap { $0.isEmpty ? nil : $0 } ?? found.repository.defaultBranch
        let new = body["new_branch"].string.flatMap { $0.isEmpty ? nil : $0 } ?? old
        guard try await found.git.isName(new) else { throw Refusal(422, "\(new) is no name of a branch") }
        let start = try await found.git.target(of: "refs/heads/\(old)")
        let isEmpty = try await found.git.references("refs/heads").isEmpty
        guard start != nil || isEmpty else { throw Refusal(404, "branch does not exist [name: \(old)]") }
        if new != old, try await found.git.target(of: "refs/heads/\(new)") != nil {
            throw Refusal(422, "branch already exists [name: \(new)]")
        }
        let author = (
            body["author"]["name"].string ?? account.login, body["author"]["email"].string ?? account.email,
            body["dates"]["author"].string
        )
        let committer = (
            body["committer"]["name"].string ?? author.0, body["committer"]["email"].string ?? author.1,
            body["dates"]["committer"].string
        )
        let message = body["message"].string.flatMap { $0.isEmpty ? nil : $0 } ?? "Change \(changes[0].path)"
        let result = try await found.git.commit(
            CommitOrder(
                branch: new, base: new == old ? nil : start, message: message + "\n", author: author,
                committer: committer, changes: changes))
        let move = Move(reference: "refs/heads/\(new)", old: result.old, new: result.new)
        try await moved([move], found, by: account)
        return Reply.json(try await changed(found, changes, in: result.new, branch: new), status: status)
    }

    /// The answer to a change.
    private func changed(
        _ found: RepositoryCall, _ changes: [FileChange], in id: String, branch: String
    ) async throws -> JSON {
        var files: [JSON] = []
        for change in changes {
            if case .delete = change.action {
                files.append(.null)
            } else if let entry = try await found.git.tree(id, path: change.path).first {
                files.append(try await describe(entry, found, commit: id, reference: branch, withContent: true))
            }
        }
        guard let commit = try await found.git.commits([id], most: 1).first else { throw Refusal(500, "no commit") }
        var described = shapes(found.call).commit(commit, found.repository)
        described["author"] = commit.author.json
        described["committer"] = commit.committer.json
        described["message"] = .string(commit.message)
        described["tree"] = described["commit"]["tree"]
        var result: JSON = ["commit": described, "verification": Shapes.unsigned]
        if found.call["path"].isEmpty {
            result["files"] = .array(files)
        } else {
            result["content"] = files.first ?? .null
        }
        return result
    }

    private func contents(_ found: RepositoryCall) async throws -> Response {
        let reference = found.call.query["ref"].flatMap { $0.isEmpty ? nil : $0 } ?? found.repository.defaultBranch
        let path = found.call["path"]
        let commit = try await commit(found, reference)
        if !path.isEmpty {
            guard let entry = try await found.git.tree(commit, path: path).first else {
                throw Refusal(404, "object does not exist [id: , rel_path: \(path)]")
            }
            if entry.type != "tree" {
                return Reply.json(
                    try await describe(entry, found, commit: commit, reference: reference, withContent: true))
            }
        }
        var entries: [JSON] = []
        for entry in try await found.git.tree(commit, path: path.isEmpty ? "" : "\(path)/") {
            entries.append(try await describe(entry, found, commit: commit, reference: reference, withContent: false))
        }
        return Reply.json(.array(entries))
    }

    private func describe(
        _ entry: TreeEntry, _ found: RepositoryCall, commit: String, reference: String, withContent: Bool
    ) async throws -> JSON {
        let shapes = shapes(found.call)
        let path = URLText.encoded(entry.path, keeping: "/")
        let url = "\(shapes.api(found.repository))/contents/\(path)?ref=\(URLText.encoded(reference))"
        let page = "\(shapes.address(found.repository))/src/branch/\(reference)/\(path)"
        let isFile = entry.type == "blob"
        let object = "\(shapes.api(found.repository))/git/\(isFile ? "blobs" : "trees")/\(entry.id)"
        let download = isFile ? "\(shapes.address(found.repository))/raw/branch/\(reference)/\(path)" : nil
        let content = withContent && isFile ? Data(try await found.git.blob(entry.id)).base64EncodedString() : nil
        return [
            "name": .string(entry.name), "path": .string(entry.path), "sha": .string(entry.id),
            "last_commit_sha": .string(commit), "type": isFile ? "file" : "dir", "size": .int(entry.size ?? 0),
            "encoding": content == nil ? .null : "base64", "content": .text(content), "target": .null,
            "url": .string(url), "html_url": .string(page), "git_url": .string(object),
            "download_url": .text(download), "submodule_git_url": .null,
            "_links": ["self": .string(url), "git": .string(object), "html": .string(page)],
        ]
    }

    private func raw(_ found: RepositoryCall, _ commit: String, _ path: String) async throws -> Response {
        guard let entry = try await found.git.tree(commit, path: path).first, entry.type == "blob" else {
            throw Refusal(404, "object does not exist [id: , rel_path: \(path)]")
        }
        return Reply.bytes(try await found.git.blob(entry.id), type: "application/octet-stream")
    }

    private func archive(_ found: RepositoryCall, _ name: String) async throws -> Response {
        let formats = [(".tar.gz", "tar.gz", "application/gzip"), (".zip", "zip", "application/zip")]
        guard let (suffix, format, type) = formats.first(where: { name.hasSuffix($0.0) }) else {
            throw Refusal(400, "an archive ends in .tar.gz or .zip")
        }
        let commit = try await commit(found, String(name.dropLast(suffix.count)))
        let prefix = "--prefix=\(found.repository.name)/"
        let result = try await found.git.run(["archive", "--format=\(format)", prefix, commit])
        return Reply.bytes(result.output, type: type)
    }
}
