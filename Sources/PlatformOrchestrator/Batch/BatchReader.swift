import PlatformService

/// Reads the definition of a batch workflow: what is documented, what the plan adds, and both where they differ.
struct BatchReader: Decodable, Sendable {
    private let name: String
    private let version: String?
    private let type: String?
    private let storageBackend: String?
    private let parallelLimit: Int?
    private let rollbackEnabled: Bool?
    private let operations: [OperationReader]
    private let dependencies: [Edge]?
    private let rollback: RollbackReader?
    private let retry: RetryReader?

    enum CodingKeys: String, CodingKey {
        case name, version, type, operations, dependencies, rollback, retry
        case storageBackend = "storage_backend"
        case parallelLimit = "parallel_limit"
        case rollbackEnabled = "rollback_enabled"
    }

    /// A dependency of the whole workflow: `target` waits for `source`.
    private struct Edge: Decodable {
        let source: String
        let target: String
        let type: String?
    }

    private struct RollbackReader: Decodable {
        let enabled: Bool?
        let onPartialFailure: Bool?
        let checkpointInterval: Int?
        let preserveSuccessful: Bool?

        enum CodingKeys: String, CodingKey {
            case enabled
            case onPartialFailure = "on_partial_failure"
            case checkpointInterval = "checkpoint_interval"
            case preserveSuccessful = "preserve_successful"
        }
    }

    /// The largest batch.
    static let maximumOperations = 500
    /// Operations that run at once, if nothing is said.
    static let usualLimit = 5
    private static let largestLimit = 64

    /// The definition, checked. Throws the first thing that is wrong, with its place.
    func definition() throws -> BatchDefinition {
        guard storageBackend ?? "filesystem" == "filesystem" else {
            throw PlatformError(
                .invalid,
                "storage_backend: \"\(storageBackend ?? "")\" is not there; this platform keeps batches in files "
                    + "(\"filesystem\")")
        }
        let kind = type ?? "batch"
        guard ["batch", "sequential", "parallel"].contains(kind) else {
            throw PlatformError(.invalid, "type: \"\(kind)\" is none of batch, sequential, parallel")
        }
        guard (1...Self.maximumOperations).contains(operations.count) else {
            throw PlatformError(
                .invalid, "operations: \(operations.count) are not between 1 and \(Self.maximumOperations)")
        }
        let limit = parallelLimit ?? (kind == "parallel" ? Self.largestLimit : Self.usualLimit)
        guard (1...Self.largestLimit).contains(limit) else {
            throw PlatformError(.invalid, "parallel_limit: \(limit) is not between 1 and \(Self.largestLimit)")
        }
        let ids = operations.map(\.id)
        for (index, id) in ids.enumerated() {
            guard isResourceName(id) || isResourceName(id.replacing("_", with: "-")) else {
                throw PlatformError(
                    .invalid, "operations[\(index)].id: \"\(id)\" is no name; \(resourceNameRule), or _")
            }
            guard !ids[..<index].contains(id) else {
                throw PlatformError(.invalid, "operations[\(index)].id: \"\(id)\" is there twice")
            }
        }
        return BatchDefinition(
            name: name, version: version ?? "1.0.0", parallelLimit: kind == "sequential" ? 1 : limit,
            rollback: try rollbackPolicy(), operations: try checkedOperations(ids, isSequential: kind == "sequential"))
    }

    private func rollbackPolicy() throws -> BatchDefinition.Rollback {
        let interval = rollback?.checkpointInterval ?? 5
        guard interval >= 1 else {
            throw PlatformError(.invalid, "rollback.checkpoint_interval: \(interval) is not at least 1")
        }
        return BatchDefinition.Rollback(
            isEnabled: rollbackEnabled ?? rollback?.enabled ?? true,
            onPartialFailure: rollback?.onPartialFailure ?? true, checkpointInterval: interval,
            preserveSuccessful: rollback?.preserveSuccessful ?? false)
    }

    private func checkedOperations(_ ids: [String], isSequential: Bool) throws -> [BatchOperation] {
        let usual = try retry?.policy() ?? BatchOperation.Retry()
        var needs: [String: [BatchOperation.Need]] = [:]
        for (index, operation) in operations.enumerated() {
            needs[operation.id] = try operation.needs()
            if isSequential, index > 0 {
                needs[operation.id, default: []].append(.init(operation: ids[index - 1], kind: .soft))
            }
        }
        for edge in dependencies ?? [] {
            guard ids.contains(edge.target) else {
                throw PlatformError(.invalid, "dependencies: there is no operation \(edge.target)")
            }
            needs[edge.target, default: []].append(try NeedReader.need(edge.source, edge.type))
        }
        for (id, list) in needs {
            for need in list where need.kind != .optional && !ids.contains(need.operation) {
                throw PlatformError(.invalid, "operations: \(id) depends on \(need.operation), which is not there")
            }
        }
        try Self.checkOrder(ids, needs)
        return try operations.map { try $0.operation(needs: needs[$0.id] ?? [], retry: usual) }
    }

    /// Throws when operations wait for each other in a circle, which it names.
    private static func checkOrder(_ ids: [String], _ needs: [String: [BatchOperation.Need]]) throws {
        var left = ids
        var done: Set<String> = []
        while !left.isEmpty {
            let free = left.filter { id in
                (needs[id] ?? []).allSatisfy { $0.kind == .optional || done.contains($0.operation) }
            }
            guard !free.isEmpty else {
                throw PlatformError(
                    .invalid, "operations: \(left.joined(separator: ", ")) wait for each other in a circle")
            }
            done.formUnion(free)
            left.removeAll { free.contains($0) }
        }
    }
}

/// A retry policy. Its documented defaults are those of a policy that is there; without one nothing is tried again.
struct RetryReader: Decodable, Sendable {
    private let maximumAttempts: Int?
    private let backoff: String?
    private let initialDelay: Double?
    private let maximumDelay: Double?

    enum CodingKeys: String, CodingKey {
        case backoff
        case maximumAttempts = "max_attempts"
        case initialDelay = "initial_delay"
        case maximumDelay = "max_delay"
    }

    func policy() throws -> BatchOperation.Retry {
        let spelling = backoff ?? BatchOperation.Retry.Backoff.exponential.rawValue
        guard let backoff = BatchOperation.Retry.Backoff(rawValue: spelling) else {
            throw PlatformError(.invalid, "retry.backoff: \"\(spelling)\" is none of exponential, linear, fixed")
        }
        let policy = BatchOperation.Retry(
            maximumAttempts: maximumAttempts ?? 3, backoff: backoff, initialDelay: initialDelay ?? 5,
            maximumDelay: maximumDelay ?? 300)
        guard (1...10).contains(policy.maximumAttempts), policy.initialDelay >= 0, policy.maximumDelay >= 0 else {
            throw PlatformError(.invalid, "retry: max_attempts is 1 to 10, and no delay is negative")
        }
        return policy
    }
}

/// An entry of an operation's dependencies: an id, or an object with an id and a kind.
struct NeedReader: Decodable, Sendable {
    private let operation: String
    private let type: String?

    enum CodingKeys: String, CodingKey { case operation, id, source, type }

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            operation = text
            type = nil
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let key = [CodingKeys.id, .source].first { container.contains($0) } ?? .operation
        operation = try container.decode(String.self, forKey: key)
        type = try container.decodeIfPresent(String.self, forKey: .type)
    }

    func need() throws -> BatchOperation.Need { try Self.need(operation, type) }

    static func need(_ operation: String, _ type: String?) throws -> BatchOperation.Need {
        let spelling = type ?? BatchOperation.Need.Kind.hard.rawValue
        guard let kind = BatchOperation.Need.Kind(rawValue: spelling) else {
            throw PlatformError(.invalid, "dependencies: type: \"\(spelling)\" is none of hard, soft, optional")
        }
        return BatchOperation.Need(operation: operation, kind: kind)
    }
}
