public import InterfaceProfile

/// A batch workflow to be submitted, in the words of the platform's pages.
public struct BatchDefinition: Hashable, Sendable {
    /// What becomes of the batch when an operation fails for good.
    public enum OnFailure: String, Sendable { case fail, rollback, `continue` }

    /// How an operation depends on another one.
    public enum Need: Hashable, Sendable {
        /// It must be completed.
        case hard(String)
        /// It must have ended.
        case soft(String)
    }

    /// One operation.
    public struct Operation: Hashable, Sendable {
        /// Its id.
        public var id: String
        /// Its `type`.
        var type: String
        /// What it is about, by the profile's names.
        var members: [String: JSONValue]
        /// On what it depends.
        public var needs: [Need] = []
        /// What becomes of the batch when it fails; nil: the platform's choice.
        public var onFailure: OnFailure?
        /// Whether its items are done side by side; nil: the platform's choice.
        public var isParallel: Bool?

        /// The same, with its items done one after the other.
        public func inOrder() -> Operation {
            var copy = self
            copy.isParallel = false
            return copy
        }

        /// The same, after others.
        public func after(_ others: String...) -> Operation {
            var copy = self
            copy.needs += others.map(Need.hard)
            return copy
        }

        /// The same, once another one has ended, however it ended.
        public func softlyAfter(_ other: String) -> Operation {
            var copy = self
            copy.needs.append(.soft(other))
            return copy
        }

        /// The same, with another consequence of its failure.
        public func onFailure(_ consequence: OnFailure) -> Operation {
            var copy = self
            copy.onFailure = consequence
            return copy
        }
    }

    /// Its name.
    public var name: String
    /// What it does.
    public var operations: [Operation]
    /// How many operations run at once; nil: the platform's choice.
    public var parallelLimit: Int?
    /// `batch`, `sequential` or `parallel`; nil: the platform's choice.
    public var type: String?
    /// A checkpoint after so many completed operations; nil: the platform's choice.
    public var checkpointInterval: Int?
    /// Whether what other items of a failed operation made is undone; nil: the platform's choice.
    public var undoesPartialFailures: Bool?
    /// Attempts of each operation in all, the next one at once; nil: the platform's choice.
    public var maximumAttempts: Int?

    /// A batch of these operations.
    public init(_ name: String, _ operations: [Operation]) {
        self.name = name
        self.operations = operations
    }

    /// The definition as the platform reads it.
    public func json(_ profile: InterfaceProfile) -> JSONValue {
        let names = profile.batch
        var members: [String: JSONValue] = [
            names.name: .string(name), names.operations: .array(operations.map { $0.json(profile) }),
        ]
        members[names.type] = type.map(JSONValue.string)
        members[names.parallelLimit] = parallelLimit.map(JSONValue.integer)
        var rollback: [String: JSONValue] = [:]
        rollback[names.checkpointInterval] = checkpointInterval.map(JSONValue.integer)
        rollback[names.onPartialFailure] = undoesPartialFailures.map(JSONValue.bool)
        if !rollback.isEmpty { members[names.rollback] = .object(rollback) }
        if let maximumAttempts {
            members[names.retry] = .object([
                names.maximumAttempts: .integer(maximumAttempts), names.initialDelay: .number(0.1),
            ])
        }
        return .object(members)
    }
}

extension BatchDefinition.Operation {
    fileprivate func json(_ profile: InterfaceProfile) -> JSONValue {
        let names = profile.batch
        var object = members
        object[names.operationID] = .string(id)
        object[names.type] = .string(type)
        object[names.onFailure] = onFailure.map { .string($0.rawValue) }
        object[names.parallel] = isParallel.map(JSONValue.bool)
        if !needs.isEmpty {
            object[names.dependencies] = .array(
                needs.map { need in
                    switch need {
                    case .hard(let id): .string(id)
                    case .soft(let id): .object([names.operationID: .string(id), names.type: "soft"])
                    }
                })
        }
        return .object(object)
    }

    /// Makes servers.
    public static func servers(
        _ id: String, _ servers: [String], provider: String? = nil, keys: [String] = [], _ profile: InterfaceProfile
    ) -> Self {
        let fields = profile.fields.submission
        var members: [String: JSONValue] = [fields.servers: .array(servers.map(JSONValue.string))]
        members[fields.provider] = provider.map(JSONValue.string)
        if !keys.isEmpty { members[fields.authorizedKeys] = .array(keys.map(JSONValue.string)) }
        return Self(id: id, type: profile.batch.serverBatch, members: members)
    }

    /// Installs taskservs, each on all of the servers.
    public static func taskservs(
        _ id: String, _ taskservs: [String], on servers: [String], _ profile: InterfaceProfile
    ) -> Self {
        Self(
            id: id, type: profile.batch.taskservBatch,
            members: [
                profile.batch.items: .array(taskservs.map(JSONValue.string)),
                profile.fields.submission.servers: .array(servers.map(JSONValue.string)),
            ])
    }

    /// Makes a cluster.
    public static func cluster(_ id: String, _ cluster: ClusterDefinition, _ profile: InterfaceProfile) -> Self {
        Self(id: id, type: profile.batch.clusterBatch, members: cluster.members(profile))
    }
}
