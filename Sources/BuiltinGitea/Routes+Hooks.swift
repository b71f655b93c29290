import BuiltinSupport
import Hummingbird

extension Gitea {
    /// Webhooks and what became of their deliveries.
    func hookRoutes() -> [Route] {
        [
            repository("GET /hooks", .admin) { found in
                let shapes = self.shapes(found.call)
                let hooks = found.ledger.read { $0.hooks.values.sorted { $0.id < $1.id } }
                return Page(found.call.query).answer(hooks, found.call) { shapes.hook($0) }
            },
            repository("POST /hooks", .admin) { found in try await self.createHook(found) },
            repository("GET /hooks/{id}", .admin) { found in
                Reply.json(self.shapes(found.call).hook(try Self.hook(found.ledger.read { $0 }, found)))
            },
            repository("PATCH /hooks/{id}", .admin) { found in
                let body = try await found.call.json()
                let hook = try found.ledger.update { ledger in
                    var hook = try Self.hook(ledger, found)
                    try hook.apply(body)
                    ledger.hooks[hook.id] = hook
                    return hook
                }
                return Reply.json(self.shapes(found.call).hook(hook))
            },
            repository("DELETE /hooks/{id}", .admin) { found in
                try found.ledger.update { ledger in
                    let hook = try Self.hook(ledger, found)
                    ledger.hooks[hook.id] = nil
                    ledger.deliveries.removeAll { $0.hook == hook.id }
                }
                return Reply.empty()
            },
            repository("POST /hooks/{id}/tests", .admin) { found in try await self.testHook(found) },
            // Ours: the original shows its deliveries on a page only.
            repository("GET /hooks/{id}/deliveries", .admin) { found in
                let hook = try Self.hook(found.ledger.read { $0 }, found)
                let all = found.ledger.read { $0.deliveries.filter { $0.hook == hook.id } }
                return Page(found.call.query).answer(all.reversed(), found.call) { delivery in
                    [
                        "uuid": .string(delivery.uuid), "event": .string(delivery.event),
                        "state": .string(delivery.state.rawValue), "attempts": .int(delivery.attempts),
                        "status": delivery.status.map { .int($0) } ?? .null, "error": .text(delivery.problem),
                        "created_at": .string(delivery.created),
                    ]
                }
            },
        ]
    }

    private static func hook(_ ledger: Ledger, _ found: RepositoryCall) throws -> Hook {
        guard let id = Int(found.call["id"]), let hook = ledger.hooks[id] else {
            throw Refusal(404, "hook does not exist [id: \(found.call["id"])]")
        }
        return hook
    }

    private func createHook(_ found: RepositoryCall) async throws -> Response {
        let body = try await found.call.json()
        guard let type = body["type"].string, ["gitea", "gogs"].contains(type) else {
            throw Refusal(422, "Invalid hook type: \(body["type"].string ?? "")")
        }
        guard body["config"]["url"].string != nil else { throw Refusal(422, "Missing config option: url") }
        guard body["config"]["content_type"].string != nil else {
            throw Refusal(422, "Missing config option: content_type")
        }
        let hook = try found.ledger.update { ledger in
            let now = Clock.now()
            var hook = Hook(
                id: ledger.nextID(), type: type, url: "", contentType: "json", secret: "", events: ["push"],
                isActive: false, branchFilter: "", authorization: "", created: now, updated: now)
            try hook.apply(body)
            ledger.hooks[hook.id] = hook
            return hook
        }
        return Reply.json(shapes(found.call).hook(hook), status: 201)
    }

    private func testHook(_ found: RepositoryCall) async throws -> Response {
        let hook = try Self.hook(found.ledger.read { $0 }, found)
        let account = try found.signedIn()
        let name = found.call.query["ref"].flatMap { $0.isEmpty ? nil : $0 } ?? found.repository.defaultBranch
        let id = try await commit(found, name)
        let sender = shapes(found.call).user(account)
        let payload = try await pushPayload(
            Move(reference: "refs/heads/\(name)", old: id, new: id), found,
            repository: try await describe(found.repository, found.call, found.caller), sender: sender)
        try enqueue("push", payload, to: found.ledger) { _ in [hook.id] }
        return Reply.empty()
    }
}

extension Hook {
    /// What a body says of a hook.
    fileprivate mutating func apply(_ body: JSON) throws {
        let config = body["config"]
        url = config["url"].string ?? url
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { throw Refusal(422, "Invalid url \(url)") }
        contentType = config["content_type"].string ?? contentType
        guard ["json", "form"].contains(contentType) else { throw Refusal(422, "Invalid content type") }
        secret = config["secret"].string ?? secret
        events = body["events"].items == nil ? events : body["events"].strings
        isActive = body["active"].bool ?? isActive
        branchFilter = body["branch_filter"].string ?? branchFilter
        authorization = body["authorization_header"].string ?? authorization
        updated = Clock.now()
    }
}
