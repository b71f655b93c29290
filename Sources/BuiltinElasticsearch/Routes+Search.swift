import BuiltinSupport
import FleetSystem
import Hummingbird

extension Cluster {
    /// Searching and counting.
    func searchRoutes() -> [Route] {
        let both = ["GET", "POST"].flatMap { method -> [Route] in
            [
                Route("\(method) /_search") { call in try await self.search(call) },
                Route("\(method) /{index}/_search") { call in try await self.search(call) },
                Route("\(method) /_count") { call in try await self.count(call) },
                Route("\(method) /{index}/_count") { call in try await self.count(call) },
                Route("\(method) /_msearch") { call in try await self.multiSearch(call) },
                Route("\(method) /{index}/_msearch") { call in try await self.multiSearch(call) },
                Route("\(method) /_search/scroll") { call in try await self.scroll(call) },
                Route("\(method) /_search/scroll/{id}") { call in try await self.scroll(call) },
            ]
        }
        let others = [
            Route("DELETE /_search/scroll") { call in
                let body = try await call.json()["scroll_id"]
                return self.closed(body.string.map { [$0] } ?? body.strings)
            },
            Route("DELETE /_search/scroll/{id}") { call in
                self.closed(call["id"] == "_all" ? nil : call["id"].split(separator: ",").map(String.init))
            },
            Route("POST /{index}/_pit") { call in
                let snapshot = Snapshot(try self.indices(call))
                let id = try self.cursors.add(snapshot, seconds: try Cursors.seconds(call.query["keep_alive"]))
                return Reply.json(["id": .string(id), "_shards": SearchResult.shards(snapshot.parts.count)])
            },
            Route("DELETE /_pit") { call in
                self.closed(try await call.json()["id"].string.map { [$0] } ?? [])
            },
            Route("POST /{index}/_delete_by_query") { call in try await self.deleteByQuery(call) },
        ]
        return both + others
    }

    private func closed(_ ids: [String]?) -> Response {
        let count = cursors.remove(ids)
        return Reply.json(["succeeded": true, "num_freed": .int(count)], status: count > 0 || ids == nil ? 200 : 404)
    }

    private func search(_ call: Call) async throws -> Response {
        let started = Monotonic.seconds
        let body = try await call.json()
        var request = try SearchRequest(body, call.query)
        guard let scroll = call.query["scroll"] else {
            try request.checkWindow()
            return Reply.json(try answer(request, body, call, started))
        }
        guard request.from == 0, request.size > 0 else {
            throw Refusal(
                400, "Validation Failed: 1: using [from] or size 0 is not allowed in a scroll context;",
                code: "action_request_validation_exception")
        }
        request.countsAll = true
        let result = try Snapshot(try indices(call)).run(request)
        let first = result.hits.prefix(request.size)
        let kept = Cursors.Scroll(request: request, result: result, position: first.count)
        let id = try cursors.add(kept, seconds: try Cursors.seconds(scroll))
        var answer = result.answer(request, page: first, total: result.hits.count, took: Self.took(started))
        answer["_scroll_id"] = .string(id)
        return Reply.json(answer)
    }

    private static func took(_ started: Double) -> Int { Int((Monotonic.seconds - started) * 1000) }

    /// The answer to a search that is not scrolled.
    private func answer(_ given: SearchRequest, _ body: JSON, _ call: Call, _ started: Double) throws -> JSON {
        var request = given
        let snapshot: Snapshot
        if let id = request.pointInTime {
            let alive = body["pit"]["keep_alive"].string
            snapshot = try cursors.snapshot(id, seconds: try alive.map { try Cursors.seconds($0) })
            // A last key of its own, so that no two hits are equal.
            request.sort.append(
                SortKey(field: "_shard_doc", isDescending: false, missingFirst: false, allowsUnmapped: true))
        } else {
            snapshot = Snapshot(try indices(call))
        }
        var result = try snapshot.run(request)
        let total = result.hits.count
        if let after = request.after { try result.drop(through: after, request) }
        let page = result.hits.dropFirst(request.from).prefix(request.size)
        var answer = result.answer(request, page: page, total: total, took: Self.took(started))
        if let id = request.pointInTime { answer["pit_id"] = .string(id) }
        if body["track_total_hits"] == false { answer["hits"]["total"] = .null }
        return answer
    }

    private func scroll(_ call: Call) async throws -> Response {
        let started = Monotonic.seconds
        let body = try await call.json()
        guard let id = body["scroll_id"].string ?? call.query["scroll_id"] ?? call.parameters["id"] else {
            throw Refusal(
                400, "Validation Failed: 1: scrollId is missing;", code: "action_request_validation_exception")
        }
        let alive = body["scroll"].string ?? call.query["scroll"]
        let (scroll, page) = try cursors.next(id, seconds: try alive.map { try Cursors.seconds($0) })
        var answer = scroll.result.answer(
            scroll.request, page: page, total: scroll.result.hits.count, took: Self.took(started))
        answer["_scroll_id"] = .string(id)
        return Reply.json(answer)
    }

    private func count(_ call: Call) async throws -> Response {
        let request = try SearchRequest(try await call.json(), call.query)
        let snapshot = Snapshot(try indices(call))
        let count = try snapshot.hits(request.query).count
        return Reply.json(["count": .int(count), "_shards": SearchResult.shards(snapshot.parts.count)])
    }

    private func multiSearch(_ call: Call) async throws -> Response {
        let started = Monotonic.seconds
        let lines = Array(try await call.body().readableBytesView)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        guard lines.count.isMultiple(of: 2), !lines.isEmpty else {
            throw Refusal.illegalArgument("The msearch request must be pairs of lines and end with a newline [\\n]")
        }
        let answers = stride(from: 0, to: lines.count, by: 2).map { place -> JSON in
            do {
                let header = lines[place].isEmpty ? [:] : try JSON(bytes: lines[place])
                let names = header["index"].string ?? header["index"].strings.joined(separator: ",")
                let body = try JSON(bytes: lines[place + 1])
                let request = try SearchRequest(body, QueryParameters(nil))
                try request.checkWindow()
                let one = Call(
                    request: call.request, context: call.context,
                    parameters: ["index": names.isEmpty ? call["index"] : names],
                    query: QueryParameters(
                        header["ignore_unavailable"].bool == true ? "ignore_unavailable=true" : nil))
                var answer = try self.answer(request, body, one, started)
                answer["status"] = 200
                return answer
            } catch { return Refusal.from(error).body }
        }
        return Reply.json(["took": .int(Self.took(started)), "responses": .array(answers)])
    }

    private func deleteByQuery(_ call: Call) async throws -> Response {
        let started = Monotonic.seconds
        let body = try await call.json()
        guard !body["query"].isNull || call.query["q"] != nil else {
            throw Refusal(400, "Validation Failed: 1: query is missing;", code: "action_request_validation_exception")
        }
        let request = try SearchRequest(body, call.query)
        let found = try indices(call)
        var deleted = 0
        var conflicts = 0
        let hits = try Snapshot(found).hits(request.query)
        for (_, group) in Dictionary(grouping: hits, by: { $0.index.name }) {
            let orders = group.map { hit in
                WriteOrder(
                    id: hit.document.id, action: .delete, ifSequence: hit.document.sequence, ifTerm: Index.primaryTerm)
            }
            for result in try group[0].index.write(orders) {
                if case .success = result { deleted += 1 } else { conflicts += 1 }
            }
        }
        try refresh(found, call.query["refresh"])
        let isFailure = conflicts > 0 && call.query["conflicts"] != "proceed"
        return Reply.json(
            [
                "took": .int(Self.took(started)), "timed_out": false, "total": .int(hits.count),
                "deleted": .int(deleted), "batches": 1, "version_conflicts": .int(conflicts), "noops": 0,
                "retries": ["bulk": 0, "search": 0], "throttled_millis": 0, "requests_per_second": .double(-1),
                "throttled_until_millis": 0, "failures": [],
            ], status: isFailure ? 409 : 200)
    }
}
