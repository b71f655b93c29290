import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Issues.
    func issueRoutes() -> [Route] {
        [
            repository("GET /issues", .read, .issue) { found in self.issues(found) },
            repository("POST /issues", .read, .issue) { found in try await self.createIssue(found) },
            repository("GET /issues/{index}", .read, .issue) { found in
                let issue = try Self.issue(found.ledger.read { $0 }, found)
                return self.answer(issue, found, status: 200)
            },
            repository("PATCH /issues/{index}", .read, .issue) { found in try await self.editIssue(found) },
            repository("DELETE /issues/{index}", .admin, .issue) { found in
                try found.ledger.update { ledger in
                    let issue = try Self.issue(ledger, found)
                    ledger.issues[issue.number] = nil
                }
                return Reply.empty()
            },
            repository("GET /issues/{index}/labels", .read, .issue) { found in self.answerLabels(found) },
            repository("POST /issues/{index}/labels", .write, .issue) { found in
                try await self.changeLabels(found) { $0 + $1 }
            },
            repository("PUT /issues/{index}/labels", .write, .issue) { found in
                try await self.changeLabels(found) { $1 }
            },
            repository("DELETE /issues/{index}/labels", .write, .issue) { found in
                _ = try self.change(found) { issue, _ in issue.labels = [] }
                return Reply.empty()
            },
            repository("DELETE /issues/{index}/labels/{id}", .write, .issue) { found in
                _ = try self.change(found) { issue, _ in
                    issue.labels.removeAll { "\($0)" == found.call["id"] }
                }
                return Reply.empty()
            },
        ]
    }

    static func issue(_ ledger: Ledger, _ found: RepositoryCall) throws -> Issue {
        guard let number = Int(found.call["index"]), let issue = ledger.issues[number] else {
            throw Refusal(404, "issue does not exist [index: \(found.call["index"])]")
        }
        return issue
    }

    func answer(_ issue: Issue, _ found: RepositoryCall, status: Int) -> Response {
        let ledger = found.ledger.read { $0 }
        return Reply.json(shapes(found.call).issue(issue, found.repository, ledger), status: status)
    }

    private func issues(_ found: RepositoryCall) -> Response {
        let query = found.call.query
        let ledger = found.ledger.read { $0 }
        let shapes = shapes(found.call)
        // Names that no label has are dropped, so a list of only such names does not filter at all.
        let names = Set((query["labels"] ?? "").split(separator: ",").map(String.init))
        let labels = Set(ledger.labels.values.filter { names.contains($0.name) }.map(\.id))
        let text = (query["q"] ?? "").lowercased()
        let state = query["state"] ?? "open"
        let milestones = Set((query["milestones"] ?? "").split(separator: ",").map(String.init))
        let issues = ledger.issues.values.filter { issue in
            if state != "all", (issue.closed == nil) != (state != "closed") { return false }
            if query["type"] == "pulls" { return false }
            if !labels.isEmpty, labels.isDisjoint(with: issue.labels) { return false }
            if !text.isEmpty, !"\(issue.title)\n\(issue.body)".lowercased().contains(text) { return false }
            let title = issue.milestone.flatMap { ledger.milestones[$0]?.title } ?? ""
            if !milestones.isEmpty, !milestones.contains(title) { return false }
            if let author = query["created_by"], author != shapes.site.login(of: issue.author) { return false }
            guard let assignee = query["assigned_by"] else { return true }
            return issue.assignees.contains { shapes.site.login(of: $0) == assignee }
        }
        return Page(query).answer(issues.sorted { $0.number > $1.number }, found.call) {
            shapes.issue($0, found.repository, ledger)
        }
    }

    private func createIssue(_ found: RepositoryCall) async throws -> Response {
        if found.repository.isArchived { throw Refusal(423, "\(found.repository.name) is archived") }
        let author = try found.signedIn()
        let body = try await found.call.json()
        guard let title = body["title"].string, !title.isEmpty else { throw Refusal(422, "[Title]: Required") }
        let assignees = try people(body)
        let issue = try found.ledger.update { ledger in
            let now = Clock.now()
            var issue = Issue(
                id: ledger.nextID(), number: ledger.nextNumber(), author: author.id, title: title,
                body: body["body"].string ?? "", created: now, updated: now)
            // Who may only read sets no labels.
            if found.access >= .write {
                issue.labels = Self.labels(body["labels"], ledger)
                issue.assignees = assignees ?? []
                issue.milestone = body["milestone"].int.flatMap { ledger.milestones[$0]?.id }
                issue.due = body["due_date"].string
            }
            if body["closed"].bool == true { issue.closed = now }
            ledger.issues[issue.number] = issue
            return issue
        }
        try await announce("opened", issue, found)
        return answer(issue, found, status: 201)
    }

    /// The accounts that a body assigns; nil when it says nothing of them.
    private func people(_ body: JSON) throws -> [Int]? {
        let names = body["assignees"].items == nil ? body["assignee"].string.map { [$0] } : body["assignees"].strings
        return try names?.filter { !$0.isEmpty }.map { name in
            guard let account = site.read({ $0.account(name) }) else {
                throw Refusal(422, "Assignee does not exist: [name: \(name)]")
            }
            return account.id
        }
    }

    /// The labels that a body names by id or name, without those that there are not.
    private static func labels(_ wanted: JSON, _ ledger: Ledger) -> [Int] {
        (wanted.items ?? []).compactMap { item in
            item.int.flatMap { ledger.labels[$0]?.id } ?? ledger.labels.values.first { $0.name == item.string }?.id
        }
    }

    private func editIssue(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        let account = try found.signedIn()
        let assignees = try people(body)
        let before = try Self.issue(found.ledger.read { $0 }, found)
        guard found.access >= .write || before.author == account.id else {
            throw Refusal(403, "only the author and who may write change an issue")
        }
        if let state = body["state"].string, state != "open" && state != "closed" {
            throw Refusal(412, "unknown state: \(state)")
        }
        let changed = try found.ledger.update { ledger in
            var issue = try Self.issue(ledger, found)
            issue.title = body["title"].string.flatMap { $0.isEmpty ? nil : $0 } ?? issue.title
            issue.body = body["body"].string ?? issue.body
            issue.assignees = assignees ?? issue.assignees
            if let milestone = body["milestone"].int { issue.milestone = ledger.milestones[milestone]?.id }
            if body["unset_due_date"].bool == true { issue.due = nil }
            issue.due = body["due_date"].string ?? issue.due
            issue.updated = Clock.now()
            if body["state"].string == "closed" { issue.closed = issue.closed ?? issue.updated }
            if body["state"].string == "open" { issue.closed = nil }
            ledger.issues[issue.number] = issue
            return issue
        }
        let stateChanged = (before.closed == nil) != (changed.closed == nil)
        let action = stateChanged ? (changed.closed == nil ? "reopened" : "closed") : "edited"
        try await announce(action, changed, found)
        return answer(changed, found, status: 201)
    }

    /// Changes an issue under the lock of its ledger.
    private func change(_ found: RepositoryCall, _ body: (inout Issue, Ledger) -> Void) throws -> Issue {
        try found.ledger.update { ledger in
            var issue = try Self.issue(ledger, found)
            body(&issue, ledger)
            issue.updated = Clock.now()
            ledger.issues[issue.number] = issue
            return issue
        }
    }

    private func changeLabels(_ found: RepositoryCall, _ combine: ([Int], [Int]) -> [Int]) async throws -> Response {
        let wanted = try await found.call.json()["labels"]
        let issue = try change(found) { issue, ledger in
            var seen: Set<Int> = []
            issue.labels = combine(issue.labels, Self.labels(wanted, ledger)).filter { seen.insert($0).inserted }
        }
        try await announce("label_updated", issue, found)
        return answerLabels(found)
    }

    private func answerLabels(_ found: RepositoryCall) -> Response {
        let ledger = found.ledger.read { $0 }
        let shapes = shapes(found.call)
        let labels = Int(found.call["index"]).flatMap { ledger.issues[$0]?.labels } ?? []
        return Reply.json(.array(labels.compactMap { ledger.labels[$0] }.map { shapes.label($0, found.repository) }))
    }

    private func announce(_ action: String, _ issue: Issue, _ found: RepositoryCall) async throws {
        let shapes = shapes(found.call)
        let payload: JSON = [
            "action": .string(action), "number": .int(issue.number),
            "issue": shapes.issue(issue, found.repository, found.ledger.read { $0 }),
            "repository": try await describe(found.repository, found.call, found.caller),
            "sender": shapes.user(try found.signedIn()), "commit_id": "",
        ]
        try announce("issues", payload, to: found.ledger)
    }
}
