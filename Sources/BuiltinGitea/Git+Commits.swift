import BuiltinSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A change to one file of a branch.
struct FileChange: Sendable {
    enum Action: Sendable {
        case create([UInt8])
        /// The content, the id that the caller has seen, and where the file was before.
        case update([UInt8], seen: String, from: String)
        case delete(seen: String)
    }

    let path: String
    let action: Action
}

/// What is to be committed, and by whom.
struct CommitOrder: Sendable {
    let branch: String
    /// Where the branch begins if it is to be a new one.
    let base: String?
    let message: String
    let author: (name: String, email: String, date: String?)
    let committer: (name: String, email: String, date: String?)
    let changes: [FileChange]
}

extension Git {
    /// Commits changes to a branch; when somebody else moved the branch meanwhile, tries again on top of that.
    ///
    /// Throws a refusal when a change does not fit what is there. Returns the old and the new commit.
    func commit(_ order: CommitOrder) async throws -> (old: String, new: String) {
        for _ in 0..<20 {
            let reference = "refs/heads/\(order.branch)"
            let old = try await target(of: reference)
            let parent = order.base ?? old
            let tree = try await tree(with: order.changes, on: parent)
            var environment = [
                "GIT_AUTHOR_NAME": order.author.name, "GIT_AUTHOR_EMAIL": order.author.email,
                "GIT_COMMITTER_NAME": order.committer.name, "GIT_COMMITTER_EMAIL": order.committer.email,
            ]
            environment["GIT_AUTHOR_DATE"] = order.author.date
            environment["GIT_COMMITTER_DATE"] = order.committer.date
            let new = try await run(
                ["commit-tree", tree] + (parent.map { ["-p", $0] } ?? []), input: Array(order.message.utf8),
                environment: environment
            ).line
            if try await move(reference, from: old ?? Self.nothing, to: new) { return (old ?? Self.nothing, new) }
        }
        throw Refusal(409, "the branch \(order.branch) moves faster than we can follow; try again")
    }

    /// The tree of a commit after some changes.
    private func tree(with changes: [FileChange], on parent: String?) async throws -> String {
        let index = "\(directory)/index.\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: index) }
        let environment = ["GIT_INDEX_FILE": index]
        if let parent { try await run(["read-tree", parent], environment: environment) }
        var lines = ""
        for change in changes {
            let path = try Self.checked(change.path)
            let there = try await entry(parent, path)
            switch change.action {
            case .create(let content):
                guard there == nil else {
                    throw Refusal(422, "repository file already exists [path: \(path)]")
                }
                lines += "100644 \(try await store(content))\t\(path)\n"
            case .update(let content, let seen, let from):
                let before = try await entry(parent, try Self.checked(from))
                let mode = try Self.seen(before, seen, path: from).mode
                if from != path { lines += "0 \(Self.nothing)\t\(from)\n" }
                lines += "\(mode) \(try await store(content))\t\(path)\n"
            case .delete(let seen):
                _ = try Self.seen(there, seen, path: path)
                lines += "0 \(Self.nothing)\t\(path)\n"
            }
        }
        try await run(["update-index", "--index-info"], input: Array(lines.utf8), environment: environment)
        return try await run(["write-tree"], environment: environment).line
    }

    private func entry(_ commit: String?, _ path: String) async throws -> TreeEntry? {
        guard let commit else { return nil }
        return try await tree(commit, path: path).first { $0.path == path }
    }

    private func store(_ content: [UInt8]) async throws -> String {
        try await run(["hash-object", "-w", "--stdin"], input: content).line
    }

    private static func seen(_ entry: TreeEntry?, _ id: String, path: String) throws -> TreeEntry {
        guard let entry, entry.type == "blob" else {
            throw Refusal(404, "repository file does not exist [path: \(path)]")
        }
        guard entry.id == id else {
            throw Refusal(422, "sha does not match [given: \(id), expected: \(entry.id)]")
        }
        return entry
    }

    private static func checked(_ path: String) throws -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isBad = parts.contains { $0.isEmpty || $0 == "." || $0 == ".." || $0.lowercased() == ".git" }
        guard !isBad, !path.contains(where: { $0.isNewline || $0 == "\0" || $0 == "\"" }) else {
            throw Refusal(422, "path contains a malformed path component [path: \(path)]")
        }
        return path
    }
}
