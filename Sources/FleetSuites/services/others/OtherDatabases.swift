import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension OtherServices {
    static let postgreSQL = test(
        "services/others/postgresql", "PostgreSQL", modes: .from(.multiuser), estimate: 4
    ) { context in
        let owner = try context.postgreSQL(as: "control_center")
        let root = try await context.administrator()
        let user = try await context.makeUser("row", roles: ["viewer"], remover: root)
        try await context.step("a user that the control center makes is a row, which follows what is changed") {
            let statement = "select roles, is_locked from control_center.users where name = '\(user.name)'"
            try expectEqual(try await owner.query(statement), [["viewer", "f"]], "roles and lock in the database")
            try await context.controlCenter(as: root).changeUser(user.name, ["locked": true])
            try expectEqual(try await owner.query(statement), [["viewer", "t"]], "roles and lock in the database")
        }
        try await context.step("a session is a row, and an end of it shows") {
            let other = try await context.makeUser("session", roles: ["viewer"], remover: root)
            let session = try await context.login(other)
            let statement = "select count(*) from control_center.sessions where user_name = '\(other.name)'"
            try expectEqual(try await owner.query(statement), [["1"]], "the number of sessions")
            try await context.controlCenter(as: session).logout()
            let left = try await owner.query(statement + " and not is_revoked")
            try expectEqual(left, [["0"]], "the number of sessions that go on")
        }
        try await context.step("owners do not get into each other's database, and nobody without a password") {
            let foreign = try context.postgreSQL(as: "control_center", database: "api_server")
            do {
                _ = try await foreign.query("select 1")
                try expect(false, "the control center's owner is refused by the API server's database")
            } catch let failure as ProgramFailure {
                try expect(failure.reason.contains("permission denied"), "it says so", actual: failure.reason)
            }
        }
        try await context.step("what is done in a transaction that fails is undone") {
            let table = "t_" + context.unique("undo").replacing("-", with: "_")
            let statements = "begin; create table \(table) (i int); select 1/0; commit"
            do {
                _ = try await owner.query(statements)
                try expect(false, "a division by zero is an error")
            } catch let failure as ProgramFailure {
                try expect(failure.reason.contains("division by zero"), "it says so", actual: failure.reason)
            }
            let found = try await owner.query("select count(*) from pg_tables where tablename = '\(table)'")
            try expectEqual(found, [["0"]], "the number of tables of the name")
        }
    }

    static let elasticsearch = test(
        "services/others/elasticsearch", "Elasticsearch", modes: [.enterprise], estimate: 4
    ) { context in
        let client = try context.elasticsearch
        let index = context.unique("words")
        await context.cleanup("delete index \(index)") { try await client.deleteIndex(index) }
        try await context.step("documents are kept, found and counted") {
            for (id, word) in [("1", "alpha"), ("2", "beta"), ("3", "beta")] {
                let made = try await client.index(
                    .object(["word": .string(word), "number": .integer(Int(id) ?? 0)]), as: id, in: index)
                try expectEqual(made["result"]?.string, "created", "what was done with document \(id)")
            }
            let found = try await client.search(.object(["match": .object(["word": "beta"])]), in: index)
            try expectEqual(found.compactMap { $0["number"]?.integer }.sorted(), [2, 3], "what a search finds")
            let later = try await client.search(
                .object(["range": .object(["number": .object(["gte": .integer(3)])])]), in: index)
            try expectEqual(later.count, 1, "the number of documents from 3 on")
        }
        try await context.step("a change makes a new version of the one document") {
            let changed = try await client.index(.object(["word": "gamma"]), as: "1", in: index)
            try expectEqual(changed["result"]?.string, "updated", "what was done")
            try expectEqual(changed["_version"]?.integer, 2, "its version")
            try expectEqual(try await client.document("1", in: index)?["word"]?.string, "gamma", "its word")
        }
        try await context.step("of a bulk each line has its own outcome") {
            let lines: [JSONValue] = [
                .object(["create": .object(["_index": .string(index), "_id": "4"])]), .object(["word": "delta"]),
                .object(["create": .object(["_index": .string(index), "_id": "1"])]), .object(["word": "again"]),
                .object(["delete": .object(["_index": .string(index), "_id": "2"])]),
            ]
            let body = lines.map { String(describing: $0) + "\n" }.joined()
            let response = try await context.ownerWeb("elasticsearch").send(
                .post, "/_bulk?refresh=true", headers: ["Content-Type": "application/x-ndjson"], body: Array(body.utf8))
            let answer = try require(JSONValue(bytes: response.body), "JSON in the answer")
            try expectEqual(answer["errors"]?.bool, true, "whether it says that something failed")
            let statuses = (answer["items"]?.array ?? []).map { item in
                item["create", "status"]?.integer ?? item["delete", "status"]?.integer
            }
            try expectEqual(statuses, [201, 409, 200], "the statuses of the lines")
            try expectEqual(try await client.document("2", in: index), nil, "the deleted document")
            try expectEqual(try await client.document("4", in: index)?["word"]?.string, "delta", "the new document")
        }
        try await context.step("without the last line feed a bulk is refused, as the original refuses it") {
            let response = try await context.ownerWeb("elasticsearch").send(
                .post, "/_bulk", headers: ["Content-Type": "application/x-ndjson"],
                body: Array("{\"delete\":{\"_index\":\"\(index)\",\"_id\":\"3\"}}".utf8))
            try expectEqual(response.status, 400, "the status")
            try expect(try await client.document("3", in: index) != nil, "the document is still there")
        }
        try await context.step("a deleted index is gone with its documents") {
            try expect(try await client.deleteIndex(index), "it was there to be deleted")
            try expectEqual(try await client.json.status(.get, "/\(index)/_search"), 404, "the status of a search")
        }
    }
}
