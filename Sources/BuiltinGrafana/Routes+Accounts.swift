import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Grafana {
    /// Service accounts, their tokens, and annotations.
    func accountRoutes() -> [Route] {
        [
            route("POST /api/serviceaccounts", .admin) { call, _ in try await self.createAccount(call) },
            route("GET /api/serviceaccounts/search", .admin) { call, _ in
                let text = (call.query["query"] ?? "").lowercased()
                let all = self.state.read { state in
                    state.serviceAccounts.values.filter { text.isEmpty || $0.name.lowercased().contains(text) }
                }
                let page = Page(call.query, size: "perpage", normal: 1000, most: 1000)
                return Reply.json([
                    "totalCount": .int(all.count), "page": .int(page.number), "perPage": .int(page.size),
                    "serviceAccounts": .array(page.of(all.sorted { $0.id < $1.id }).map(\.json)),
                ])
            },
            route("GET /api/serviceaccounts/{id}", .admin) { call, _ in Reply.json(try self.account(call).json) },
            route("PATCH /api/serviceaccounts/{id}", .admin) { call, _ in
                let body = try await call.json()
                let changed = try self.change(call) { account in
                    account.name = body["name"].string ?? account.name
                    account.role = Role(word: body["role"].string) ?? account.role
                    account.isDisabled = body["isDisabled"].bool ?? account.isDisabled
                }
                return Reply.message(
                    "Service account updated",
                    ["id": .int(changed.id), "name": .string(changed.name), "serviceaccount": changed.json])
            },
            route("DELETE /api/serviceaccounts/{id}", .admin) { call, _ in
                let account = try self.account(call)
                try self.state.update { $0.serviceAccounts[account.id] = nil }
                return Reply.message("Service account deleted")
            },
            route("GET /api/serviceaccounts/{id}/tokens", .admin) { call, _ in
                Reply.json(.array(try self.account(call).tokens.map(\.json)))
            },
            route("POST /api/serviceaccounts/{id}/tokens", .admin) { call, _ in try await self.createToken(call) },
            route("DELETE /api/serviceaccounts/{id}/tokens/{token}", .admin) { call, _ in
                guard try self.account(call).tokens.contains(where: { "\($0.id)" == call["token"] }) else {
                    throw Refusal(404, "service account token not found")
                }
                _ = try self.change(call) { $0.tokens.removeAll { "\($0.id)" == call["token"] } }
                return Reply.message("Service account token deleted")
            },
        ] + annotationRoutes()
    }

    private func account(_ call: Call) throws -> ServiceAccount {
        guard let id = Int(call["id"]), let account = state.read({ $0.serviceAccounts[id] }) else {
            throw Refusal(404, "service account not found")
        }
        return account
    }

    private func change(_ call: Call, _ body: (inout ServiceAccount) -> Void) throws -> ServiceAccount {
        let id = try account(call).id
        return try state.update { state in
            guard var account = state.serviceAccounts[id] else { throw Refusal(404, "service account not found") }
            body(&account)
            state.serviceAccounts[id] = account
            return account
        }
    }

    private func createAccount(_ call: Call) async throws -> Response {
        let body = try await call.json()
        guard let name = body["name"].string, !name.isEmpty else { throw Refusal(400, "name is required") }
        guard let role = Role(word: body["role"].string ?? "Viewer") else {
            throw Refusal(400, "invalid role specified")
        }
        let account = try state.update { state in
            guard !state.serviceAccounts.values.contains(where: { $0.name == name }) else {
                throw Refusal(400, "service account already exists")
            }
            let account = ServiceAccount(
                id: state.nextID(), name: name, role: role, isDisabled: body["isDisabled"].bool ?? false)
            state.serviceAccounts[account.id] = account
            return account
        }
        return Reply.json(account.json, status: 201)
    }

    private func createToken(_ call: Call) async throws -> Response {
        let body = try await call.json()
        guard let name = body["name"].string, !name.isEmpty else { throw Refusal(400, "name is required") }
        let id = try account(call).id
        let secret = "glsa_\(Secret.token())"
        let seconds = body["secondsToLive"].double ?? 0
        let expiration = seconds > 0 ? Date().timeIntervalSince1970 + seconds : nil
        let token = try state.update { state in
            guard var account = state.serviceAccounts[id] else { throw Refusal(404, "service account not found") }
            guard !account.tokens.contains(where: { $0.name == name }) else {
                throw Refusal(409, "service account token already exists")
            }
            let token = ServiceAccount.Token(
                id: state.nextID(), name: name, digest: Secret.digest(secret), created: Clock.now(),
                expiration: expiration)
            account.tokens.append(token)
            state.serviceAccounts[id] = account
            return token
        }
        return Reply.json(["id": .int(token.id), "name": .string(name), "key": .string(secret)])
    }

    private func annotationRoutes() -> [Route] {
        [
            route("POST /api/annotations", .editor) { call, caller in
                let body = try await call.json()
                guard let text = body["text"].string, !text.isEmpty else {
                    throw Refusal(400, "text field should not be empty")
                }
                let now = (Date().timeIntervalSince1970 * 1000).rounded()
                let annotation = try self.state.update { state in
                    var annotation = Annotation(
                        id: state.nextID(), body: body, author: caller.login, created: now, updated: now)
                    if body["time"].isNull { annotation.body["time"] = .int(Int(now)) }
                    if body["timeEnd"].isNull { annotation.body["timeEnd"] = annotation.body["time"] }
                    state.annotations[annotation.id] = annotation
                    return annotation
                }
                return Reply.message("Annotation added", ["id": .int(annotation.id)])
            },
            route("GET /api/annotations", .viewer) { call, _ in self.annotations(call) },
            route("GET /api/annotations/{id}", .viewer) { call, _ in Reply.json(try self.annotation(call).json) },
            route("PATCH /api/annotations/{id}", .editor) { call, _ in
                let body = try await call.json()
                var annotation = try self.annotation(call)
                for (name, value) in body.members ?? [:] { annotation.body[name] = value }
                annotation.updated = (Date().timeIntervalSince1970 * 1000).rounded()
                let changed = annotation
                try self.state.update { $0.annotations[changed.id] = changed }
                return Reply.message("Annotation patched")
            },
            route("DELETE /api/annotations/{id}", .editor) { call, _ in
                let annotation = try self.annotation(call)
                try self.state.update { $0.annotations[annotation.id] = nil }
                return Reply.message("Annotation deleted")
            },
        ]
    }

    private func annotation(_ call: Call) throws -> Annotation {
        guard let id = Int(call["id"]), let annotation = state.read({ $0.annotations[id] }) else {
            throw Refusal(404, "annotation not found")
        }
        return annotation
    }

    private func annotations(_ call: Call) -> Response {
        let query = call.query
        let from = query["from"].flatMap(Double.init) ?? 0
        let to = query["to"].flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil } ?? .infinity
        let tags = Set(query.all("tags"))
        let found = state.read { $0.annotations.values }.filter { annotation in
            let begin = annotation.body["time"].double ?? 0
            let end = annotation.body["timeEnd"].double ?? begin
            return end >= from && begin <= to && tags.isSubset(of: annotation.body["tags"].strings)
                && (query["dashboardUID"].map { $0 == annotation.body["dashboardUID"].string } ?? true)
        }
        let limit = query["limit"].flatMap(Int.init) ?? 100
        let sorted = found.sorted { ($0.body["time"].double ?? 0, $0.id) > ($1.body["time"].double ?? 0, $1.id) }
        return Reply.json(.array(sorted.prefix(limit).map(\.json)))
    }
}

extension Annotation {
    fileprivate var json: JSON {
        [
            "id": .int(id), "alertId": 0, "dashboardUID": body["dashboardUID"],
            "panelId": .int(body["panelId"].int ?? 0),
            "time": body["time"], "timeEnd": body["timeEnd"], "tags": .strings(body["tags"].strings),
            "text": body["text"], "login": .string(author), "created": .double(created), "updated": .double(updated),
        ]
    }
}

extension ServiceAccount {
    fileprivate var json: JSON {
        [
            "id": .int(id), "name": .string(name), "login": .string(login), "orgId": .int(Grafana.mainOrganisation),
            "isDisabled": .bool(isDisabled), "role": .string(role.word), "tokens": .int(tokens.count),
            "avatarUrl": .string("/avatar/\(id)"),
        ]
    }
}

extension ServiceAccount.Token {
    fileprivate var json: JSON {
        let end = expiration.map { Clock.text(Date(timeIntervalSince1970: $0)) }
        let hasExpired = expiration.map { $0 <= Date().timeIntervalSince1970 } ?? false
        return [
            "id": .int(id), "name": .string(name), "created": .string(created), "expiration": .text(end),
            "hasExpired": .bool(hasExpired), "secondsUntilExpiration": 0, "isRevoked": false,
        ]
    }
}
