import BuiltinSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A reference that a push or a request moved.
struct Move: Sendable {
    let reference: String
    let old: String
    let new: String

    /// The branch, nil for anything else.
    var branch: String? { reference.hasPrefix("refs/heads/") ? String(reference.dropFirst(11)) : nil }
    /// The tag, nil for anything else.
    var tag: String? { reference.hasPrefix("refs/tags/") ? String(reference.dropFirst(10)) : nil }
}

extension Gitea {
    /// How many deliveries a repository remembers.
    private static let deliveriesKept = 100

    /// Tells the hooks of a repository of an event.
    func announce(_ event: String, branch: String? = nil, _ payload: JSON, to ledger: StateFile<Ledger>) throws {
        let concerned = { (ledger: Ledger) in
            ledger.hooks.values.filter { $0.isActive && $0.events.contains(event) && $0.concerns(branch: branch) }
                .map(\.id).sorted()
        }
        guard !ledger.read({ concerned($0).isEmpty }) else { return }
        try enqueue(event, payload, to: ledger, hooks: concerned)
    }

    /// Puts deliveries into the ledger, from where they are carried also after a crash.
    func enqueue(
        _ event: String, _ payload: JSON, to ledger: StateFile<Ledger>, hooks: (Ledger) -> [Int]
    ) throws {
        let uuids = try ledger.update { ledger in
            let deliveries = hooks(ledger).map { hook in
                Delivery(
                    uuid: UUID().uuidString.lowercased(), hook: hook, event: event, payload: payload.text,
                    created: Clock.now())
            }
            ledger.deliveries += deliveries
            let excess = ledger.deliveries.count - Self.deliveriesKept
            if excess > 0 {
                let done = ledger.deliveries.indices.filter { ledger.deliveries[$0].state != .pending }.prefix(excess)
                for index in done.reversed() { ledger.deliveries.remove(at: index) }
            }
            return deliveries.map(\.uuid)
        }
        for uuid in uuids { courier.take(uuid, of: ledger) }
    }

    /// What was on its way when the last process ended.
    func resumeDeliveries() throws {
        for id in site.read({ Array($0.repositories.keys) }) {
            let ledger = try ledger(id)
            for delivery in ledger.read({ $0.deliveries }) where delivery.state == .pending {
                courier.take(delivery.uuid, of: ledger)
            }
        }
    }

    /// After references moved: the default branch of what was empty, the time of change, and the hooks.
    func moved(_ moves: [Move], _ found: RepositoryCall, by account: Account) async throws {
        let pushed = moves.filter { $0.new != Git.nothing }.compactMap(\.branch)
        let current = try await found.git.target(of: "refs/heads/\(found.repository.defaultBranch)")
        if current == nil, let first = pushed.first {
            try await found.git.run(["symbolic-ref", "HEAD", "refs/heads/\(first)"])
            try site.update { $0.repositories[found.repository.id]?.defaultBranch = first }
        }
        try site.update { $0.repositories[found.repository.id]?.updated = Clock.now() }
        guard found.ledger.read({ $0.hooks.values.contains(where: \.isActive) }) else { return }
        let sender = shapes(found.call).user(account)
        let description = try await describe(found.repository, found.call, found.caller)
        for move in moves {
            if let name = move.branch ?? move.tag, move.old == Git.nothing || move.new == Git.nothing {
                let isNew = move.old == Git.nothing
                var payload: JSON = [
                    "ref": .string(name), "ref_type": move.tag == nil ? "branch" : "tag", "repository": description,
                    "sender": sender,
                ]
                if isNew { payload["sha"] = .string(move.new) } else { payload["pusher_type"] = "user" }
                try announce(isNew ? "create" : "delete", branch: move.branch, payload, to: found.ledger)
            }
            let payload = try await pushPayload(move, found, repository: description, sender: sender)
            try announce("push", branch: move.branch, payload, to: found.ledger)
        }
    }

    func pushPayload(
        _ move: Move, _ found: RepositoryCall, repository: JSON, sender: JSON
    ) async throws -> JSON {
        let shapes = shapes(found.call)
        var commits: [JSON] = []
        if move.new != Git.nothing {
            let range = move.old == Git.nothing ? [move.new] : ["\(move.old)..\(move.new)"]
            for commit in try await found.git.commits(range, most: 5) {
                let changes = try await found.git.changes(commit.id)
                commits.append([
                    "id": .string(commit.id), "message": .string(commit.message),
                    "url": .string("\(shapes.address(found.repository))/commit/\(commit.id)"),
                    "author": ["name": .string(commit.author.name), "email": .string(commit.author.email)],
                    "committer": ["name": .string(commit.committer.name), "email": .string(commit.committer.email)],
                    "verification": .null, "timestamp": .string(commit.committer.date),
                    "added": .strings(changes.added), "removed": .strings(changes.removed),
                    "modified": .strings(changes.modified),
                ])
            }
        }
        return [
            "ref": .string(move.reference), "before": .string(move.old), "after": .string(move.new),
            "compare_url": .string("\(shapes.address(found.repository))/compare/\(move.old)...\(move.new)"),
            "commits": .array(commits), "total_commits": .int(commits.count), "head_commit": commits.first ?? .null,
            "repository": repository, "pusher": sender, "sender": sender,
        ]
    }
}

extension Hook {
    /// Whether the hook wants to hear of that branch.
    fileprivate func concerns(branch: String?) -> Bool {
        guard let branch, !branchFilter.isEmpty else { return true }
        return fnmatch(branchFilter, branch, 0) == 0
    }
}
