import BuiltinSupport

extension Refusal {
    static func illegalArgument(_ reason: String) -> Refusal {
        Refusal(400, reason, code: "illegal_argument_exception")
    }

    static func parsing(_ reason: String) -> Refusal { Refusal(400, reason, code: "parsing_exception") }

    static func noIndex(_ name: String) -> Refusal {
        Refusal(
            404, "no such index [\(name)]", code: "index_not_found_exception",
            details: ["resource.type": "index_or_alias", "resource.id": name, "index_uuid": "_na_", "index": name])
    }

    static func conflict(_ id: String, _ reason: String, index: String) -> Refusal {
        Refusal(
            409, "[\(id)]: version conflict, \(reason)", code: "version_conflict_engine_exception",
            details: ["index": index, "shard": "0", "index_uuid": "_na_"])
    }

    /// The error as a member of an answer.
    var cause: JSON {
        var result: JSON = ["type": .string(code.isEmpty ? "exception" : code), "reason": .string(message)]
        for (name, value) in details { result[name] = .string(value) }
        return result
    }

    /// The whole answer.
    var body: JSON {
        var error = cause
        error["root_cause"] = [cause]
        return ["error": error, "status": .int(status)]
    }
}
