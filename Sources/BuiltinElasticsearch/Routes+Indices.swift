import BuiltinSupport
import Hummingbird

extension Cluster {
    /// Indices, their mappings, settings and aliases.
    func indexRoutes() -> [Route] {
        let plain = [
            Route("PUT /{index}") { call in
                try self.create(call["index"], try await call.json())
                return Reply.json([
                    "acknowledged": true, "shards_acknowledged": true, "index": .string(call["index"]),
                ])
            },
            Route("GET /{index}") { call in
                try self.each(call) { index in
                    [
                        "aliases": .object(index.record.aliases), "mappings": index.mapping.json,
                        "settings": self.settings(of: index),
                    ]
                }
            },
            Route("DELETE /{index}") { call in
                guard !call["index"].contains("*"), call["index"] != "_all" else {
                    throw Refusal.illegalArgument("Wildcard expressions or all indices are not allowed")
                }
                let found = try self.indices(call)
                for index in found {
                    guard index.name == call["index"] || call["index"].contains(",") else {
                        throw Refusal.illegalArgument(
                            "The provided expression [\(call["index"])] matches an alias, specify the corresponding "
                                + "concrete indices instead.")
                    }
                    try self.delete(index)
                }
                return Reply.json(["acknowledged": true])
            },
            Route("GET /_mapping") { call in try self.each(call) { ["mappings": $0.mapping.json] } },
            Route("GET /{index}/_mapping") { call in try self.each(call) { ["mappings": $0.mapping.json] } },
            Route("PUT /{index}/_mapping") { call in
                let body = try await call.json()
                for index in try self.indices(call) { try index.merge(mapping: body) }
                return Reply.json(["acknowledged": true])
            },
            Route("GET /{index}/_settings") { call in try self.each(call) { ["settings": self.settings(of: $0)] } },
            Route("PUT /{index}/_settings") { call in
                let body = try await call.json()
                for index in try self.indices(call) {
                    try self.change(index) {
                        Self.apply(body["settings"].isNull ? body : body["settings"], to: &$0.settings)
                    }
                }
                return Reply.json(["acknowledged": true])
            },
        ]
        return plain + refreshRoutes() + aliasRoutes()
    }

    private func refreshRoutes() -> [Route] {
        ["POST", "GET"].flatMap { method -> [Route] in
            ["/_refresh", "/{index}/_refresh", "/_flush", "/{index}/_flush"].map { path in
                Route("\(method) \(path)") { call in
                    let found = try self.indices(call)
                    // Everything is on the disk already; what a flush adds is nothing.
                    if path.hasSuffix("_refresh") { for index in found { index.refresh() } }
                    return Reply.json(["_shards": SearchResult.shards(found.count)])
                }
            }
        }
    }

    /// The indices of a path, with the parameters that say how to read it.
    func indices(_ call: Call) throws -> [Index] {
        try resolve(
            call["index"], ignoresMissing: call.query.flag("ignore_unavailable") ?? false,
            allowsNone: call.query.flag("allow_no_indices") ?? true)
    }

    private func each(_ call: Call, _ describe: (Index) -> JSON) throws -> Response {
        Reply.json(.object(Dictionary(try indices(call).map { ($0.name, describe($0)) }) { $1 }))
    }

    private func settings(of index: Index) -> JSON {
        var settings = index.record.settings
        settings["index"]["uuid"] = .string(index.record.uuid)
        settings["index"]["creation_date"] = .string("\(Int(index.record.created))")
        settings["index"]["provided_name"] = .string(index.name)
        settings["index"]["version"] = ["created": "8512000"]
        return settings
    }

    private func aliasRoutes() -> [Route] {
        let reading = ["/_alias", "/_alias/{name}", "/{index}/_alias", "/{index}/_alias/{name}"].map { path in
            Route("GET \(path)") { call in try self.aliases(call) }
        }
        let changing = [
            Route("PUT /{index}/_alias/{name}") { call in
                let body = try await call.json()
                for index in try self.indices(call) {
                    try self.add(call["name"], to: index, body.members == nil ? [:] : body)
                }
                return Reply.json(["acknowledged": true])
            },
            Route("DELETE /{index}/_alias/{name}") { call in
                for index in try self.indices(call) { try self.remove(call["name"], from: index) }
                return Reply.json(["acknowledged": true])
            },
            Route("POST /_aliases") { call in
                for action in try await call.json()["actions"].items ?? [] { try self.perform(action) }
                return Reply.json(["acknowledged": true])
            },
        ]
        return reading + changing
    }

    private func aliases(_ call: Call) throws -> Response {
        let name = call["name"]
        let pattern = Wildcard(name.isEmpty ? "*" : name)
        var result: [String: JSON] = [:]
        for index in try indices(call) {
            let aliases = index.record.aliases.filter { pattern.matches($0.key) }
            if !aliases.isEmpty || name.isEmpty { result[index.name] = ["aliases": .object(aliases)] }
        }
        guard !result.isEmpty || name.isEmpty || name.contains("*") else {
            return Reply.json(["error": .string("alias [\(name)] missing"), "status": 404], status: 404)
        }
        return Reply.json(.object(result))
    }

    private func add(_ alias: String, to index: Index, _ options: JSON) throws {
        guard self.index(alias) == nil else {
            throw Refusal(
                400, "Invalid alias name [\(alias)]: an index or data stream exists with the same name as the alias",
                code: "invalid_alias_name_exception")
        }
        try change(index) { $0.aliases[alias] = options }
    }

    private func remove(_ alias: String, from index: Index) throws {
        guard index.record.aliases[alias] != nil else {
            throw Refusal(404, "aliases [\(alias)] missing", code: "aliases_not_found_exception")
        }
        try change(index) { $0.aliases[alias] = nil }
    }

    private func perform(_ action: JSON) throws {
        guard let members = action.members, members.count == 1, let (name, body) = members.first else {
            throw Refusal.illegalArgument("each action has one of add, remove, remove_index")
        }
        let given = (body["indices"].strings + [body["index"].string].compactMap { $0 }).joined(separator: ",")
        let aliases = body["aliases"].strings + [body["alias"].string].compactMap { $0 }
        for index in try resolve(given.isEmpty ? " " : given) {
            switch name {
            case "add":
                var options: JSON = [:]
                if !body["is_write_index"].isNull { options["is_write_index"] = body["is_write_index"] }
                for alias in aliases { try add(alias, to: index, options) }
            case "remove": for alias in aliases { try remove(alias, from: index) }
            case "remove_index": try delete(index)
            default: throw Refusal.illegalArgument("unknown action [\(name)]")
            }
        }
    }
}
