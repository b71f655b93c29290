import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Comments of issues.
    func commentRoutes() -> [Route] {
        [
            repository("GET /issues/{index}/comments", .read, .issue) { found in
                let issue = try Self.issue(found.ledger.read { $0 }, found)
                let shapes = self.shapes(found.call)
                return Reply.json(.array(issue.comments.map { shapes.comment($0, of: issue, found.repository) }))
            },
            repository("POST /issues/{index}/comments", .read, .issue) { found in try await self.createComment(found) },
            repository("GET /issues/comments/{id}", .read, .issue) { found in
                let (issue, index) = try Self.comment(found.ledger.read { $0 }, found)
                return self.answer(issue.comments[index], of: issue, found, status: 200)
            },
            repository("PATCH /issues/comments/{id}", .read, .issue) { found in
                let text = try await found.call.json()["body"].string ?? ""
                let account = try found.signedIn()
                let (issue, index) = try found.ledger.update { ledger in
                    let (known, index) = try Self.comment(ledger, found)
                    var issue = known
                    try Self.check(issue.comments[index], account, found)
                    issue.comments[index].body = text
                    issue.comments[index].updated = Clock.now()
                    ledger.issues[issue.number] = issue
                    return (issue, index)
                }
                return self.answer(issue.comments[index], of: issue, found, status: 200)
            },
            repository("DELETE /issues/comments/{id}", .read, .issue) { found in
                let account = try found.signedIn()
                try found.ledger.update { ledger in
                    let (known, index) = try Self.comment(ledger, found)
                    var issue = known
                    try Self.check(issue.comments[index], account, found)
                    issue.comments.remove(at: index)
                    ledger.issues[issue.number] = issue
                }
                return Reply.empty()
            },
        ]
    }

    private static func comment(_ ledger: Ledger, _ found: RepositoryCall) throws -> (Issue, Int) {
        for issue in ledger.issues.values {
            if let index = issue.comments.firstIndex(where: { "\($0.id)" == found.call["id"] }) {
                return (issue, index)
            }
        }
        throw Refusal(404, "comment does not exist [id: \(found.call["id"])]")
    }

    private static func check(_ comment: Comment, _ account: Account, _ found: RepositoryCall) throws {
        guard comment.author == account.id || found.access >= .admin else {
            throw Refusal(403, "only the author and administrators change a comment")
        }
    }

    private func answer(_ comment: Comment, of issue: Issue, _ found: RepositoryCall, status: Int) -> Response {
        Reply.json(shapes(found.call).comment(comment, of: issue, found.repository), status: status)
    }

    private func createComment(_ found: RepositoryCall) async throws -> Response {
        let author = try found.signedIn()
        guard let text = try await found.call.json()["body"].string, !text.isEmpty else {
            throw Refusal(422, "[Body]: Required")
        }
        let (issue, comment) = try found.ledger.update { ledger in
            var issue = try Self.issue(ledger, found)
            let now = Clock.now()
            let comment = Comment(id: ledger.nextID(), author: author.id, body: text, created: now, updated: now)
            issue.comments.append(comment)
            issue.updated = now
            ledger.issues[issue.number] = issue
            return (issue, comment)
        }
        let shapes = shapes(found.call)
        let payload: JSON = [
            "action": "created", "issue": shapes.issue(issue, found.repository, found.ledger.read { $0 }),
            "comment": shapes.comment(comment, of: issue, found.repository), "is_pull": false,
            "repository": try await describe(found.repository, found.call, found.caller),
            "sender": shapes.user(author),
        ]
        try announce("issue_comment", payload, to: found.ledger)
        return answer(comment, of: issue, found, status: 201)
    }
}
