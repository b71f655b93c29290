import AsyncHTTPClient
import BuiltinSupport
import Hummingbird
import NIOHTTP1

extension Grafana {
    /// Data sources.
    func datasourceRoutes() -> [Route] {
        let plain = [
            route("GET /api/datasources", .viewer) { _, _ in
                let all = self.state.read { $0.datasources.values.sorted { $0.name < $1.name } }
                return Reply.json(.array(all.map(\.json)))
            },
            route("POST /api/datasources", .admin) { call, _ in try await self.createSource(call) },
            route("GET /api/datasources/id/{name}", .viewer) { call, _ in
                Reply.json(["id": .int(try self.source(name: call["name"]).id)])
            },
            route("GET /api/datasources/uid/{uid}/health", .viewer) { call, _ in
                await self.health(try self.source(uid: call["uid"]))
            },
        ]
        return [
            plain, single("/api/datasources/{id}") { call in try self.source(id: call["id"]) },
            single("/api/datasources/uid/{uid}") { call in try self.source(uid: call["uid"]) },
            single("/api/datasources/name/{name}") { call in try self.source(name: call["name"]) }, proxyRoutes(),
        ].flatMap { $0 }
    }

    /// The routes of one source, found in one way.
    private func single(_ path: String, _ find: @escaping @Sendable (Call) throws -> DataSource) -> [Route] {
        [
            route("GET \(path)", .viewer) { call, _ in Reply.json(try find(call).json) },
            route("PUT \(path)", .admin) { call, _ in try await self.updateSource(try find(call), call) },
            route("DELETE \(path)", .admin) { call, _ in
                let source = try Self.writable(try find(call))
                try self.state.update { $0.datasources[source.id] = nil }
                return Reply.message("Data source deleted", ["id": .int(source.id)])
            },
        ]
    }

    private func proxyRoutes() -> [Route] {
        ["GET", "POST"].flatMap { method -> [Route] in
            [
                route("\(method) /api/datasources/proxy/uid/{uid}/{path...}", .viewer) { call, _ in
                    try await self.proxy(call, to: try self.source(uid: call["uid"]))
                },
                route("\(method) /api/datasources/proxy/{id}/{path...}", .viewer) { call, _ in
                    try await self.proxy(call, to: try self.source(id: call["id"]))
                },
            ]
        }
    }

    private static let notFound = Refusal(404, "Data source not found")

    func source(uid: String) throws -> DataSource {
        guard let source = state.read({ $0.datasources.values.first { $0.uid == uid } }) else { throw Self.notFound }
        return source
    }

    private func source(id: String) throws -> DataSource {
        guard let id = Int(id) else { throw Refusal(400, "id is invalid") }
        guard let source = state.read({ $0.datasources[id] }) else { throw Self.notFound }
        return source
    }

    private func source(name: String) throws -> DataSource {
        guard let source = state.read({ $0.datasources.values.first { $0.name == name } }) else { throw Self.notFound }
        return source
    }

    private static func writable(_ source: DataSource) throws -> DataSource {
        guard !source.isReadOnly else { throw Refusal(403, "Cannot change a read-only data source") }
        return source
    }

    /// A source as a caller describes it.
    private struct Description {
        /// Without what is secret and what only we say.
        let body: JSON
        let secrets: [String: String]
        let uid: String?
        let version: Int?

        init(_ given: JSON) throws {
            guard let name = given["name"].string, !name.isEmpty, let type = given["type"].string, !type.isEmpty else {
                throw Refusal(400, "bad request data: name and type are required")
            }
            if let url = given["url"].string, !url.isEmpty, !url.contains("://") {
                throw Refusal(400, "Validation error, invalid URL: \"\(url)\"")
            }
            let ours: Set = ["secureJsonData", "secureJsonFields", "id", "uid", "version", "orgId", "readOnly"]
            body = .object((given.members ?? [:]).filter { !ours.contains($0.key) && !$0.value.isNull })
            secrets = (given["secureJsonData"].members ?? [:]).compactMapValues(\.string)
            uid = given["uid"].string.flatMap { $0.isEmpty ? nil : $0 }
            version = given["version"].int
        }
    }

    private func createSource(_ call: Call) async throws -> Response {
        let given = try Description(try await call.json())
        let source = try state.update { state in
            let name = given.body["name"].string
            guard !state.datasources.values.contains(where: { $0.name == name }) else {
                throw Refusal(409, "data source with the same name already exists")
            }
            guard !state.datasources.values.contains(where: { $0.uid == given.uid }) else {
                throw Refusal(409, "data source with the same uid already exists")
            }
            let source = DataSource(
                id: state.nextID(), uid: given.uid ?? Self.newUID(), body: given.body,
                secrets: given.secrets)
            if given.body["isDefault"] == true { Self.clearDefault(&state) }
            state.datasources[source.id] = source
            return source
        }
        return Reply.message(
            "Datasource added", ["datasource": source.json, "id": .int(source.id), "name": .string(source.name)])
    }

    private static func clearDefault(_ state: inout GrafanaState) {
        for id in state.datasources.keys { state.datasources[id]?.body["isDefault"] = false }
    }

    private func updateSource(_ found: DataSource, _ call: Call) async throws -> Response {
        let old = try Self.writable(found)
        let given = try Description(try await call.json())
        let source = try state.update { state in
            guard var source = state.datasources[old.id] else { throw Self.notFound }
            guard given.version == nil || given.version == source.version else {
                throw Refusal(409, "Datasource has already been updated by someone else. Please reload and try again")
            }
            if given.body["isDefault"] == true { Self.clearDefault(&state) }
            source.body = given.body
            source.secrets.merge(given.secrets) { $1 }
            source.version += 1
            state.datasources[source.id] = source
            return source
        }
        return Reply.message(
            "Datasource updated", ["datasource": source.json, "id": .int(source.id), "name": .string(source.name)])
    }

    private func proxy(_ call: Call, to source: DataSource) async throws -> Response {
        let base = source.url.hasSuffix("/") ? String(source.url.dropLast()) : source.url
        let query = call.request.uri.query.map { "?\($0)" } ?? ""
        let path = URLText.encoded(call["path"], keeping: "/")
        return try await Upstream.forward(call, to: "\(base)/\(path)\(query)") { request in
            for (name, value) in source.headers { request.headers.replaceOrAdd(name: name, value: value) }
        }
    }

    private func health(_ source: DataSource) async -> Response {
        do {
            guard source.type == "prometheus" else {
                throw Refusal(400, "health checks of \(source.type) are not known here")
            }
            _ = try await source.ask("query", ["query": "1+1"])
            return Reply.json(["status": "OK", "message": "Successfully queried the Prometheus API."])
        } catch {
            return Reply.json(["status": "ERROR", "message": .string("\(error)")], status: 400)
        }
    }
}

extension DataSource {
    /// The source as the API shows it.
    var json: JSON {
        var result = body
        result["id"] = .int(id)
        result["uid"] = .string(uid)
        result["orgId"] = .int(Grafana.mainOrganisation)
        result["version"] = .int(version)
        result["readOnly"] = .bool(isReadOnly)
        result["typeLogoUrl"] = .string("public/app/plugins/datasource/\(type)/img/\(type)_logo.svg")
        result["secureJsonFields"] = .object(secrets.mapValues { _ in true })
        for (name, value) in [("access", "proxy"), ("user", ""), ("database", ""), ("basicAuthUser", "")]
            as [(String, JSON)]
        {
            if result[name].isNull { result[name] = value }
        }
        for name in ["basicAuth", "withCredentials", "isDefault"] where result[name].isNull { result[name] = false }
        if result["jsonData"].isNull { result["jsonData"] = [:] }
        return result
    }

    /// What the source's server wants to know of us.
    var headers: [String: String] {
        guard body["basicAuth"] == true, let user = body["basicAuthUser"].string else { return [:] }
        return ["Authorization": Credentials.basicHeader(user: user, password: secrets["basicAuthPassword"] ?? "")]
    }

    /// Asks Prometheus' query API; returns `data`. Throws a refusal with the server's own words.
    func ask(_ path: String, _ parameters: [String: String]) async throws -> JSON {
        let query = parameters.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(URLText.encoded($0.value))" }.joined(separator: "&")
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let answer = try await Upstream.get("\(base)/api/v1/\(path)?\(query)", headers: headers)
        guard let json = try? JSON(bytes: answer.body), json["status"] == "success" else {
            let words = (try? JSON(bytes: answer.body))?["error"].string
            throw Refusal(400, words ?? "\(base) answered \(answer.status)")
        }
        return json["data"]
    }
}
