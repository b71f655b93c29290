import BuiltinSupport
import Hummingbird

extension Cluster {
    /// Single documents.
    func documentRoutes() -> [Route] {
        [
            Route("POST /{index}/_doc") { call in try await self.put(call, onlyNew: true) },
            Route("PUT /{index}/_doc/{id}") { call in try await self.put(call) },
            Route("POST /{index}/_doc/{id}") { call in try await self.put(call) },
            Route("PUT /{index}/_create/{id}") { call in try await self.put(call, onlyNew: true) },
            Route("POST /{index}/_create/{id}") { call in try await self.put(call, onlyNew: true) },
            Route("GET /{index}/_doc/{id}") { call in
                let document = try self.got(call, call["id"], of: call["index"], SourceFilter(.null, call.query))
                return Reply.json(document, status: document["found"] == true ? 200 : 404)
            },
            Route("GET /{index}/_source/{id}") { call in
                let index = try self.single(call["index"])
                guard let document = index.document(call["id"]) else {
                    throw Refusal(
                        404, "Document not found [\(index.name)]/[\(call["id"])]", code: "resource_not_found_exception")
                }
                return Reply.json(SourceFilter(.null, call.query).apply(document.source) ?? [:])
            },
            Route("DELETE /{index}/_doc/{id}") { call in
                let index = try self.single(call["index"])
                let result = try self.write(self.order(call, .delete), to: index, call)
                return Reply.json(result.json(index), status: result.result == "not_found" ? 404 : 200)
            },
            Route("POST /{index}/_update/{id}") { call in try await self.update(call) },
            Route("POST /_mget") { call in try await self.multiGet(call) },
            Route("GET /_mget") { call in try await self.multiGet(call) },
            Route("POST /{index}/_mget") { call in try await self.multiGet(call) },
            Route("GET /{index}/_mget") { call in try await self.multiGet(call) },
        ]
    }

    /// The one index that a name means.
    func single(_ name: String) throws -> Index {
        let found = try resolve(name)
        guard found.count == 1 else {
            throw Refusal.illegalArgument("alias [\(name)] has more than one index associated with it")
        }
        return found[0]
    }

    private func order(_ call: Call, _ action: WriteOrder.Action) -> WriteOrder {
        let id = call["id"].isEmpty ? Self.newID() : call["id"]
        return WriteOrder(
            id: id, action: action, ifSequence: call.query["if_seq_no"].flatMap(Int.init),
            ifTerm: call.query["if_primary_term"].flatMap(Int.init))
    }

    /// A name for a document that came without: 20 characters, as the original's.
    static func newID() -> String { String(Secret.token().prefix(20)) }

    private func write(_ order: WriteOrder, to index: Index, _ call: Call) throws -> WriteResult {
        let result = try index.write([order])[0].get()
        try refresh([index], call.query["refresh"])
        return result
    }

    /// Does what the parameter `refresh` says; who waits for a refresh gets one at once.
    func refresh(_ indices: [Index], _ parameter: String?) throws {
        switch parameter {
        case nil, "false": break
        case "", "true", "wait_for": for index in indices { index.refresh() }
        case let other?: throw Refusal.illegalArgument("Unknown value for refresh: [\(other)].")
        }
    }

    private func put(_ call: Call, onlyNew: Bool = false) async throws -> Response {
        let body = try await call.json()
        guard body.members != nil else {
            throw Refusal(400, "request body is required", code: "parse_exception")
        }
        let index = try target(call["index"])
        let onlyNew = onlyNew || call.query["op_type"] == "create"
        let result = try write(order(call, .index(body, onlyNew: onlyNew)), to: index, call)
        let status = result.result == "created" ? 201 : 200
        let location = "/\(index.name)/_doc/\(URLText.encoded(result.id))"
        return Reply.json(result.json(index), status: status, headers: ["Location": location])
    }

    /// A document as `_doc` and `_mget` show it.
    private func got(_ call: Call, _ id: String, of name: String, _ filter: SourceFilter) throws -> JSON {
        let index = try single(name)
        guard let document = index.document(id) else {
            return ["_index": .string(index.name), "_id": .string(id), "found": false]
        }
        var result: JSON = [
            "_index": .string(index.name), "_id": .string(id), "_version": .int(document.version),
            "_seq_no": .int(document.sequence), "_primary_term": .int(Index.primaryTerm), "found": true,
        ]
        if let source = filter.apply(document.source) { result["_source"] = source }
        return result
    }

    private func multiGet(_ call: Call) async throws -> Response {
        let body = try await call.json()
        let wanted = (body["docs"].items ?? []) + body["ids"].strings.map { ["_id": .string($0)] }
        guard !wanted.isEmpty else {
            throw Refusal(400, "no documents to get", code: "action_request_validation_exception")
        }
        let documents = wanted.map { item -> JSON in
            let name = item["_index"].string ?? call["index"]
            let id = QueryParser.plain(item["_id"])
            do { return try got(call, id, of: name, SourceFilter(item["_source"], call.query)) } catch {
                return ["_index": .string(name), "_id": .string(id), "error": Refusal.from(error).body["error"]]
            }
        }
        return Reply.json(["docs": .array(documents)])
    }

    private func update(_ call: Call) async throws -> Response {
        let body = try await call.json()
        let index =
            body["upsert"].isNull && body["doc_as_upsert"].bool != true
            ? try single(call["index"]) : try target(call["index"])
        let action = try Self.change(body, id: call["id"])
        let result = try write(order(call, action), to: index, call)
        return Reply.json(result.json(index), status: result.result == "created" ? 201 : 200)
    }

    /// What the body of an update does to a document.
    static func change(_ body: JSON, id: String) throws -> WriteOrder.Action {
        guard body["script"].isNull else { throw Refusal.illegalArgument("scripts are not run here; send doc") }
        let part = body["doc"]
        guard part.members != nil else {
            throw Refusal(
                400, "Validation Failed: 1: script or doc is missing;", code: "action_request_validation_exception")
        }
        let upsert = body["doc_as_upsert"].bool == true ? part : body["upsert"]
        let detectsNothing = body["detect_noop"].bool ?? true
        return .update { old in
            guard let old else {
                guard upsert.members != nil else {
                    throw Refusal(404, "[\(id)]: document missing", code: "document_missing_exception")
                }
                return upsert
            }
            let new = old.merged(with: part)
            return detectsNothing && new == old ? nil : new
        }
    }
}

extension WriteResult {
    /// The result as an answer shows it.
    func json(_ index: Index) -> JSON {
        let shards: JSON =
            result == "noop"
            ? ["total": 0, "successful": 0, "failed": 0] : ["total": 2, "successful": 1, "failed": 0]
        return [
            "_index": .string(index.name), "_id": .string(id), "_version": .int(version), "result": .string(result),
            "_shards": shards, "_seq_no": .int(sequence), "_primary_term": .int(Index.primaryTerm),
        ]
    }
}

extension JSON {
    /// Objects are merged at every depth; all else is replaced.
    fileprivate func merged(with other: JSON) -> JSON {
        guard let members, let others = other.members else { return other }
        return .object(members.merging(others) { $0.merged(with: $1) })
    }
}
