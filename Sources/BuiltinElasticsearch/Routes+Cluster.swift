import BuiltinSupport
import Hummingbird

extension Cluster {
    /// What the cluster says of itself.
    func clusterRoutes() -> [Route] {
        [
            Route("GET /") { _ in Reply.json(self.info) },
            Route("GET /_cluster/health") { _ in Reply.json(self.health(self.all)) },
            Route("GET /_cluster/health/{index}") { call in Reply.json(self.health(try self.resolve(call["index"]))) },
            Route("GET /_cat/indices") { call in try self.listIndices(call) },
            Route("GET /_cat/indices/{index}") { call in try self.listIndices(call) },
            Route("GET /_cat/aliases") { call in
                let rows = self.all.flatMap { index in
                    index.record.aliases.keys.sorted().map { ["alias": $0, "index": index.name] }
                }
                return Self.table(rows, ["alias", "index"], call)
            },
            Route("GET /_cat/health") { call in
                let health = self.health(self.all)
                let row = ["cluster": self.settings.clusterName, "status": health["status"].string ?? ""]
                return Self.table([row], ["cluster", "status"], call)
            },
            Route("PUT /_index_template/{name}") { call in
                let body = try await call.json()
                guard !body["index_patterns"].strings.isEmpty else {
                    throw Refusal.illegalArgument("index_patterns are missing")
                }
                _ = try Mapping(body["template"]["mappings"])
                try self.set(template: body, named: call["name"])
                return Reply.json(["acknowledged": true])
            },
            Route("GET /_index_template/{name}") { call in
                let pattern = Wildcard(call["name"])
                let found = self.templates.filter { pattern.matches($0.key) }.sorted { $0.key < $1.key }
                guard !found.isEmpty || call["name"].contains("*") else { throw Self.noTemplate(call["name"]) }
                return Reply.json([
                    "index_templates": .array(found.map { ["name": .string($0.key), "index_template": $0.value] })
                ])
            },
            Route("DELETE /_index_template/{name}") { call in
                guard self.templates[call["name"]] != nil else { throw Self.noTemplate(call["name"]) }
                try self.set(template: nil, named: call["name"])
                return Reply.json(["acknowledged": true])
            },
        ]
    }

    private static func noTemplate(_ name: String) -> Refusal {
        Refusal(404, "index template matching [\(name)] not found", code: "resource_not_found_exception")
    }

    private var info: JSON {
        [
            "name": "builtin", "cluster_name": .string(settings.clusterName), "cluster_uuid": .string(uuid),
            "version": [
                "number": "8.15.0", "build_flavor": "default", "build_type": "builtin", "build_hash": "unknown",
                "build_date": "2024-08-05T00:00:00.000Z", "build_snapshot": false, "lucene_version": "9.11.1",
                "minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
            ], "tagline": "You Know, for Search",
        ]
    }

    /// Yellow where an index wants a replica, which one node cannot hold.
    private func health(_ indices: [Index]) -> JSON {
        let replicas = indices.filter { $0.record.settings["index"]["number_of_replicas"] != "0" }.count
        let percent = indices.isEmpty ? 100 : Double(indices.count) * 100 / Double(indices.count + replicas)
        return [
            "cluster_name": .string(settings.clusterName), "status": replicas > 0 ? "yellow" : "green",
            "timed_out": false, "number_of_nodes": 1, "number_of_data_nodes": 1,
            "active_primary_shards": .int(indices.count), "active_shards": .int(indices.count),
            "relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": .int(replicas),
            "delayed_unassigned_shards": 0, "number_of_pending_tasks": 0, "number_of_in_flight_fetch": 0,
            "task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": .double(percent),
        ]
    }

    private func listIndices(_ call: Call) throws -> Response {
        let columns = [
            "health", "status", "index", "uuid", "pri", "rep", "docs.count", "docs.deleted", "store.size",
            "pri.store.size",
        ]
        let rows = try resolve(call["index"]).map { index -> [String: String] in
            let replicas = index.record.settings["index"]["number_of_replicas"].string ?? "1"
            return [
                "health": replicas == "0" ? "green" : "yellow", "status": "open", "index": index.name,
                "uuid": index.record.uuid, "pri": "1", "rep": replicas, "docs.count": "\(index.count)",
                "docs.deleted": "0", "store.size": "0b", "pri.store.size": "0b",
            ]
        }
        return Self.table(rows, columns, call)
    }

    /// A table as text, or as JSON where that is asked for.
    private static func table(_ rows: [[String: String]], _ columns: [String], _ call: Call) -> Response {
        let wanted = call.query["h"].map { $0.split(separator: ",").map(String.init) } ?? columns
        let accept = call.header("Accept") ?? ""
        if call.query["format"] == "json" || accept.contains("json") {
            return Reply.json(
                .array(rows.map { row in .object(Dictionary(wanted.map { ($0, .string(row[$0] ?? "")) }) { $1 }) }))
        }
        let head = call.query.flag("v") == true ? [wanted] : []
        let lines = head + rows.map { row in wanted.map { row[$0] ?? "" } }
        let widths = wanted.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let text = lines.map { line in
            zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " ") + "\n"
        }.joined()
        return Reply.bytes(Array(text.utf8), type: "text/plain; charset=UTF-8")
    }
}
