import BuiltinSupport
import FleetSystem
import Hummingbird

extension Cluster {
    /// Many writes in one request.
    func bulkRoutes() -> [Route] {
        ["POST /_bulk", "PUT /_bulk", "POST /{index}/_bulk", "PUT /{index}/_bulk"].map { line in
            Route(line) { call in try await self.bulk(call) }
        }
    }

    /// One action of a bulk: what it does, and where.
    private struct Item {
        let operation: String
        let name: String
        let order: Result<WriteOrder, any Error>
    }

    private func bulk(_ call: Call) async throws -> Response {
        let started = Monotonic.seconds
        let bytes = Array(try await call.body().readableBytesView)
        guard bytes.last == UInt8(ascii: "\n") else {
            throw Refusal.illegalArgument("The bulk request must be terminated by a newline [\\n]")
        }
        let items = try Self.items(bytes, index: call["index"])
        guard !items.isEmpty else {
            throw Refusal(400, "Validation Failed: 1: no requests added;", code: "action_request_validation_exception")
        }
        var answers = [JSON?](repeating: nil, count: items.count)
        var touched: [Index] = []
        // The writes for one index go to the disk together, in their order.
        for (name, places) in Dictionary(grouping: items.indices, by: { items[$0].name }) {
            do {
                let index = try target(name)
                touched.append(index)
                let valid = places.filter { if case .success = items[$0].order { true } else { false } }
                let results = try index.write(try valid.map { try items[$0].order.get() })
                for (place, result) in zip(valid, results) { answers[place] = Self.answer(items[place], result, index) }
            } catch {
                for place in places { answers[place] = Self.failure(items[place], error, name) }
            }
            for place in places where answers[place] == nil {
                if case .failure(let error) = items[place].order {
                    answers[place] = Self.failure(items[place], error, name)
                }
            }
        }
        try refresh(touched, call.query["refresh"])
        let all = answers.map { $0 ?? .null }
        let hasErrors = all.contains { $0.members?.values.contains { !$0["error"].isNull } ?? false }
        return Reply.json([
            "errors": .bool(hasErrors), "took": .int(Int((Monotonic.seconds - started) * 1000)), "items": .array(all),
        ])
    }

    private static func items(_ bytes: [UInt8], index: String) throws -> [Item] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"))[...]
        var result: [Item] = []
        var number = 0
        while let line = lines.popFirst() {
            number += 1
            guard let members = try JSON(bytes: line).members, members.count == 1,
                let (operation, header) = members.first,
                ["index", "create", "update", "delete"].contains(operation)
            else {
                throw Refusal.illegalArgument(
                    "Malformed action/metadata line [\(number)], expected one of [create, delete, index, update]")
            }
            let name = header["_index"].string ?? index
            guard !name.isEmpty else {
                throw Refusal(
                    400, "Validation Failed: \(number): index is missing;", code: "action_request_validation_exception")
            }
            let id = header["_id"].isNull ? newID() : QueryParser.plain(header["_id"])
            var body: JSON = .null
            if operation != "delete" {
                guard let source = lines.popFirst() else {
                    throw Refusal.illegalArgument("the line of the document is missing after line [\(number)]")
                }
                number += 1
                body = try JSON(bytes: source)
            }
            let order = Result { () throws -> WriteOrder in
                let action: WriteOrder.Action =
                    switch operation {
                    case "delete": .delete
                    case "update": try change(body, id: id)
                    default: .index(body, onlyNew: operation == "create" || header["op_type"] == "create")
                    }
                return WriteOrder(
                    id: id, action: action, ifSequence: header["if_seq_no"].int, ifTerm: header["if_primary_term"].int)
            }
            result.append(Item(operation: operation, name: name, order: order))
        }
        return result
    }

    private static func answer(_ item: Item, _ result: Result<WriteResult, any Error>, _ index: Index) -> JSON {
        switch result {
        case .failure(let error): return failure(item, error, index.name)
        case .success(let result):
            var body = result.json(index)
            let status = ["created": 201, "not_found": 404][result.result] ?? 200
            body["status"] = .int(status)
            return .object([item.operation: body])
        }
    }

    private static func failure(_ item: Item, _ error: any Error, _ index: String) -> JSON {
        let refusal = Refusal.from(error)
        let id = (try? item.order.get().id) ?? ""
        return .object([
            item.operation: [
                "_index": .string(index), "_id": .string(id), "status": .int(refusal.status), "error": refusal.cause,
            ]
        ])
    }
}
