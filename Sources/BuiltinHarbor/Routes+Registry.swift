import AsyncHTTPClient
import BuiltinSupport
import Hummingbird
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A request of the OCI distribution API, taken apart.
struct RegistryCall: Sendable {
    let call: Call
    /// The repository's full name.
    let name: String
    /// `manifests`, `blobs`, `tags` or `referrers`.
    let kind: String
    /// What follows: a tag, a digest, `uploads/…`, `list`.
    let rest: String

    /// Takes a path below `/v2/` apart; nil when it is none of the API's.
    init?(_ call: Call) {
        let parts = call["path"].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let place = parts.lastIndex(where: { ["manifests", "blobs", "tags", "referrers"].contains($0) }),
            place > 0,
            place + 1 < parts.count || parts[place] == "blobs"
        else { return nil }
        self.call = call
        name = parts[..<place].joined(separator: "/")
        kind = parts[place]
        let rest = parts[(place + 1)...].joined(separator: "/")
        // The slash at the end was lost when the path was taken apart.
        self.rest = rest == "uploads" ? "uploads/" : rest
    }

    /// What the caller must be allowed to.
    var action: String {
        switch call.request.method {
        case .get, .head: kind == "blobs" && rest.hasPrefix("uploads") ? "push" : "pull"
        case .delete: kind == "blobs" && rest.hasPrefix("uploads") ? "push" : "delete"
        default: "push"
        }
    }

    var projectName: String { String(name.prefix { $0 != "/" }) }
}

extension Harbor {
    /// The OCI distribution API: Harbor decides and knows the tags, the registry keeps the content.
    func registryRoutes() -> [Route] {
        [Route("GET /v2/_catalog") { call in try self.catalog(call) }]
            + ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].map { method in
                Route("\(method) /v2/{path...}") { call in try await self.registry(call) }
            }
    }

    /// What a caller says of himself by token or password: who he is, and what he may do with a repository.
    private func access(_ call: Call, _ name: String) throws -> (user: String, actions: Set<String>)? {
        switch try? Credentials(call.header("Authorization")) {
        case nil: return nil
        case .token(let token):
            guard let claims = tokens.claims(token, now: Date()) else { return nil }
            return (claims.subject, claims.access[name] ?? [])
        case .basic:
            guard let caller = try? caller(call) else { return nil }
            return (caller.name, allowed(caller, name))
        }
    }

    private static func refusal(_ call: Call, scope: String?) -> Response {
        let realm = "\(call.baseURL)/service/token"
        var challenge = "Bearer realm=\"\(realm)\",service=\"\(TokenService.service)\""
        if let scope { challenge += ",scope=\"\(scope)\"" }
        return Reply.json(
            ["errors": [["code": "UNAUTHORIZED", "message": "unauthorized to access the registry"]]], status: 401,
            headers: ["WWW-Authenticate": challenge, "Docker-Distribution-Api-Version": "registry/2.0"])
    }

    private func registry(_ call: Call) async throws -> Response {
        if call["path"].isEmpty {
            guard try access(call, "") != nil else { return Self.refusal(call, scope: nil) }
            return Reply.json([:], headers: ["Docker-Distribution-Api-Version": "registry/2.0"])
        }
        guard let found = RegistryCall(call) else { throw Self.notFound(call.request.uri.path) }
        let known = try access(call, found.name)
        let actions = known?.actions ?? allowed(nil, found.name)
        guard actions.contains(found.action) else {
            // With a password or a token it is no use to try again.
            if known != nil, state.read({ $0.project(found.projectName) }) == nil {
                throw Self.notFound("project \(found.projectName)")
            }
            let wanted = found.action == "push" ? "pull,push" : found.action
            return Self.refusal(call, scope: "repository:\(found.name):\(wanted)")
        }
        let user = known?.user ?? "anonymous"
        switch (found.kind, call.request.method) {
        case ("tags", _): return try tags(found)
        case ("manifests", .put): return try await push(found, by: user)
        case ("manifests", .get), ("manifests", .head): return try await pull(found, by: user)
        case ("manifests", .delete): return try await delete(found, by: user)
        default: return try await forward(found, query: try mountQuery(found))
        }
    }

    /// The query that is passed on: a blob of another repository is mounted only for who may pull it there.
    private func mountQuery(_ found: RegistryCall) throws -> String? {
        guard let from = found.call.query["from"], found.call.query["mount"] != nil else {
            return found.call.request.uri.query
        }
        let actions = try access(found.call, from)?.actions ?? allowed(nil, from)
        return actions.contains("pull") ? found.call.request.uri.query : nil
    }

    private func forward(_ found: RegistryCall, query: String?) async throws -> Response {
        let path = "\(found.name)/\(found.kind)/\(found.rest)"
        let suffix = query.map { "?\($0)" } ?? ""
        var response = try await Upstream.forward(found.call, to: "\(settings.registry)/v2/\(path)\(suffix)")
        // The registry names itself, where nobody may go: the path alone leads back to us.
        if let location = response.headers[.location], let range = location.firstRange(of: "/v2/") {
            response.headers[.location] = String(location[range.lowerBound...])
        }
        response.headers[.wwwAuthenticate] = nil
        return response
    }

    private static func manifestUnknown(_ found: RegistryCall) -> Refusal {
        Refusal(404, "artifact \(found.name):\(found.rest) not found", code: "MANIFEST_UNKNOWN")
    }

    private func tags(_ found: RegistryCall) throws -> Response {
        guard let repository = state.read({ $0.repositories[found.name] }) else {
            throw Refusal(404, "repository \(found.name) not found", code: "NAME_UNKNOWN")
        }
        let names = repository.artifacts.values.flatMap(\.tags).map(\.name).sorted()
        let (page, headers) = Self.page(names, found.call)
        return Reply.json(["name": .string(found.name), "tags": .strings(page)], headers: headers)
    }

    private func catalog(_ call: Call) throws -> Response {
        guard let caller = try caller(call) else { return Self.refusal(call, scope: "registry:catalog:*") }
        let names = state.read { state in
            state.repositories.values.filter { repository in
                state.projects[repository.project].map { !caller.actions(in: $0).isEmpty } ?? false
            }.map(\.name).sorted()
        }
        let (page, headers) = Self.page(names, call)
        return Reply.json(["repositories": .strings(page)], headers: headers)
    }

    /// One page by `n` and `last`, and the link to the next.
    private static func page(_ names: [String], _ call: Call) -> ([String], [String: String]) {
        let rest = names.filter { name in call.query["last"].map { name > $0 } ?? true }
        guard let count = call.query["n"].flatMap(Int.init), count > 0, count < rest.count else { return (rest, [:]) }
        let page = Array(rest.prefix(count))
        let last = URLText.encoded(page.last ?? "")
        return (page, ["Link": "<\(call.request.uri.path)?last=\(last)&n=\(count)>; rel=\"next\""])
    }

    private func pull(_ found: RegistryCall, by user: String) async throws -> Response {
        guard let repository = state.read({ $0.repositories[found.name] }),
            let artifact = repository.artifact(found.rest)
        else { throw Self.manifestUnknown(found) }
        let response = try await Upstream.forward(
            found.call, to: "\(settings.registry)/v2/\(found.name)/manifests/\(artifact.digest)")
        guard response.status == .ok, found.call.request.method == .get else { return response }
        try state.update { state in
            let now = Clock.precise()
            state.repositories[found.name]?.pulls += 1
            state.repositories[found.name]?.artifacts[artifact.digest]?.pulled = now
            guard let index = artifact.tags.firstIndex(where: { $0.name == found.rest }) else { return }
            state.repositories[found.name]?.artifacts[artifact.digest]?.tags[index].pulled = now
        }
        try audit.note("pull", "artifact", "\(found.name):\(found.rest)", by: user, in: repository.project)
        return response
    }

    private func delete(_ found: RegistryCall, by user: String) async throws -> Response {
        guard found.rest.hasPrefix("sha256:") else {
            throw Refusal(405, "a manifest is deleted by its digest", code: "UNSUPPORTED")
        }
        guard let repository = state.read({ $0.repositories[found.name] }), repository.artifacts[found.rest] != nil
        else {
            throw Self.manifestUnknown(found)
        }
        let response = try await forward(found, query: nil)
        guard response.status == .accepted else { return response }
        try state.update { $0.repositories[found.name]?.artifacts[found.rest] = nil }
        try audit.note("delete", "artifact", "\(found.name)@\(found.rest)", by: user, in: repository.project)
        return response
    }

    /// Takes a manifest: the registry gets it under its digest, we remember the tag.
    private func push(_ found: RegistryCall, by user: String) async throws -> Response {
        let body = try await found.call.body(limit: 4 << 20)
        let bytes = Array(body.readableBytesView)
        let digest = Secret.contentDigest(Data(bytes))
        let isTag = !found.rest.contains(":")
        guard isTag ? Self.isTag(found.rest) : found.rest == digest else {
            throw Refusal(
                400, isTag ? "invalid tag name" : "provided digest did not match the content",
                code: isTag ? "MANIFEST_INVALID" : "DIGEST_INVALID")
        }
        guard let manifest = try? JSON(bytes: bytes), let project = state.read({ $0.project(found.projectName) }) else {
            throw Refusal(400, "manifest invalid", code: "MANIFEST_INVALID")
        }
        let response = try await Upstream.forward(
            found.call, to: "\(settings.registry)/v2/\(found.name)/manifests/\(digest)"
        ) { $0.body = .bytes(body) }
        guard response.status == .created else { return response }
        let type = found.call.header("Content-Type") ?? manifest["mediaType"].string ?? ""
        try state.update { state in
            Self.record(
                manifest, type, digest, size: bytes.count, tag: isTag ? found.rest : nil, found, project, &state)
        }
        let resource = isTag ? "\(found.name):\(found.rest)" : "\(found.name)@\(digest)"
        try audit.note("create", "artifact", resource, by: user, in: project.id)
        return Reply.empty(
            201, headers: ["Location": "/v2/\(found.name)/manifests/\(digest)", "Docker-Content-Digest": digest])
    }

    private static func record(
        _ manifest: JSON, _ type: String, _ digest: String, size: Int, tag: String?, _ found: RegistryCall,
        _ project: Project, _ state: inout HarborState
    ) {
        let now = Clock.precise()
        var repository =
            state.repositories[found.name]
            ?? Repository(id: state.nextID(), project: project.id, name: found.name, created: now, updated: now)
        let children = (manifest["manifests"].items ?? [])
        let parts = (manifest["layers"].items ?? []) + children + [manifest["config"]]
        var artifact =
            repository.artifacts[digest]
            ?? Artifact(
                id: state.nextID(), digest: digest, manifestMediaType: manifest["mediaType"].string ?? type,
                configMediaType: manifest["config"]["mediaType"].string ?? "",
                artifactType: manifest["artifactType"].string ?? manifest["config"]["mediaType"].string ?? "",
                size: size + parts.reduce(0) { $0 + ($1["size"].int ?? 0) },
                annotations: (manifest["annotations"].members ?? [:]).compactMapValues(\.string),
                children: children.compactMap { $0["digest"].string }, pushed: now)
        artifact.pushed = now
        repository.artifacts[digest] = artifact
        if let tag {
            // A tag belongs to one artifact.
            for digest in repository.artifacts.keys {
                repository.artifacts[digest]?.tags.removeAll { $0.name == tag }
            }
            repository.artifacts[digest]?.tags.append(Tag(id: state.nextID(), name: tag, pushed: now))
        }
        repository.updated = now
        state.repositories[found.name] = repository
    }
}
