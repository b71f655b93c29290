import BuiltinSupport

/// A person in a commit, and when.
struct Signature: Sendable {
    let name: String
    let email: String
    let date: String

    var json: JSON { ["name": .string(name), "email": .string(email), "date": .string(date)] }
}

/// A commit as git tells it.
struct Commit: Sendable {
    let id: String
    let tree: String
    let parents: [String]
    let author: Signature
    let committer: Signature
    let message: String
}

/// A branch or tag.
struct Reference: Sendable {
    let name: String
    /// The object that it points to.
    let id: String
    /// The commit behind it.
    let commit: String
    /// What an annotated tag says.
    let message: String
}

/// An entry of a directory in a commit.
struct TreeEntry: Sendable {
    let mode: String
    let type: String
    let id: String
    let size: Int?
    let path: String

    /// The last part of the path.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension Git {
    private static let commitFormat = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00%x00"

    /// Commits, the latest first; `range` may be a name, an id or `old..new`.
    func commits(_ range: [String], path: String? = nil, skip: Int = 0, most: Int = 50) async throws -> [Commit] {
        let arguments =
            ["log", "--format=\(Self.commitFormat)", "--skip=\(skip)", "--max-count=\(most)"] + range
            + (path.map { ["--", $0] } ?? ["--"])
        return try await run(arguments).text.split(separator: "\0\0\n").map { record in
            let fields = record.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 10 else { throw Refusal(500, "git log printed something else than asked for") }
            return Commit(
                id: fields[0], tree: fields[1], parents: fields[2].split(separator: " ").map(String.init),
                author: Signature(name: fields[3], email: fields[4], date: fields[5]),
                committer: Signature(name: fields[6], email: fields[7], date: fields[8]),
                message: fields[9])
        }
    }

    /// How many commits there are.
    func count(_ name: String, path: String?) async throws -> Int {
        Int(try await run(["rev-list", "--count", name] + (path.map { ["--", $0] } ?? ["--"])).line) ?? 0
    }

    /// Branches (`refs/heads`) or tags (`refs/tags`), in the order of their names.
    func references(_ prefix: String) async throws -> [Reference] {
        let format = "%(refname)%00%(objectname)%00%(*objectname)%00%(objecttype)%00%(contents)%00%00"
        return try await run(["for-each-ref", "--format=\(format)", prefix]).text.split(separator: "\0\0\n").map {
            let fields = $0.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 5 else {
                throw Refusal(500, "git for-each-ref printed something else than asked for")
            }
            return Reference(
                name: String(fields[0].dropFirst(prefix.count + 1)), id: fields[1],
                commit: fields[2].isEmpty ? fields[1] : fields[2],
                message: fields[3] == "tag" ? fields[4] : "")
        }
    }

    /// The entries of a tree: of one directory, or all below it.
    func tree(_ commit: String, path: String = "", recursive: Bool = false) async throws -> [TreeEntry] {
        let arguments = ["ls-tree", "-z", "--long"] + (recursive ? ["-r", "-t"] : []) + [commit, "--"]
        let result = try await attempt(arguments + (path.isEmpty ? [] : [path]))
        guard result.isSuccess else { return [] }
        return result.text.split(separator: "\0").compactMap { line in
            let halves = line.split(separator: "\t", maxSplits: 1)
            guard halves.count == 2 else { return nil }
            let fields = halves[0].split(separator: " ")
            guard fields.count == 4 else { return nil }
            return TreeEntry(
                mode: String(fields[0]), type: String(fields[1]), id: String(fields[2]), size: Int(fields[3]),
                path: String(halves[1]))
        }
    }

    /// The content of a file.
    func blob(_ id: String) async throws -> [UInt8] { try await run(["cat-file", "blob", id]).output }

    /// The paths that a commit added, removed and changed.
    func changes(_ commit: String) async throws -> (added: [String], removed: [String], modified: [String]) {
        let output = try await run(["diff-tree", "--root", "--no-commit-id", "--name-status", "-r", "-z", commit]).text
        let fields = output.split(separator: "\0").map(String.init)
        var result: (added: [String], removed: [String], modified: [String]) = ([], [], [])
        for place in stride(from: 0, to: fields.count - 1, by: 2) {
            switch fields[place].first {
            case "A": result.added.append(fields[place + 1])
            case "D": result.removed.append(fields[place + 1])
            default: result.modified.append(fields[place + 1])
            }
        }
        return result
    }
}
