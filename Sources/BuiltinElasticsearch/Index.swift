import BuiltinSupport
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A document of an index.
struct Document: Sendable {
    let id: String
    let source: JSON
    let version: Int
    let sequence: Int
}

/// What a writer demands and wants to be told.
struct WriteOrder: Sendable {
    enum Action: Sendable {
        /// Puts a document in its place; with `onlyNew` only where there is none.
        case index(JSON, onlyNew: Bool)
        /// Changes the document that is there; nil of the closure leaves it.
        case update(@Sendable (JSON?) throws -> JSON?)
        case delete
    }

    let id: String
    let action: Action
    var ifSequence: Int?
    var ifTerm: Int?
}

/// What became of a write.
struct WriteResult: Sendable {
    let id: String
    let version: Int
    let sequence: Int
    /// `created`, `updated`, `deleted`, `not_found` or `noop`.
    let result: String
}

/// What is written in the list of indices.
struct IndexRecord: Codable, Sendable {
    let uuid: String
    let created: Double
    var settings: JSON
    var mapping: JSON
    var aliases: [String: JSON]
}

/// One index: its documents live in memory and in a log on the disk.
///
/// A document can be got as soon as it is written; it can be searched after the next refresh, as in the original.
final class Index: Sendable {
    struct State: Sendable {
        var mapping: Mapping
        /// What is searched.
        var visible: [String: Document] = [:]
        /// What came since the last refresh; nil is a deletion.
        var pending: [String: Document?] = [:]
        /// When the oldest of it came.
        var pendingSince: Double?
        /// Versions of deleted documents, so that they go on.
        var graves: [String: Int] = [:]
        var sequence = 0

        func live(_ id: String) -> Document? { pending[id] ?? visible[id] }
    }

    /// The one that there is: a new one would be counted after a failover.
    static let primaryTerm = 1
    let name: String
    private let info: Locked<IndexRecord>
    private let state: Locked<State>
    private let log: RecordLog
    private let saveMapping: @Sendable (Mapping) throws -> Void

    /// Opens the index and reads its log. `mappingChanged` must make a new mapping durable.
    init(
        name: String, record: IndexRecord, path: String,
        mappingChanged: @escaping @Sendable (Mapping) throws -> Void
    ) throws {
        self.name = name
        info = Locked(record)
        saveMapping = mappingChanged
        var state = State(mapping: try Mapping(record.mapping))
        var lines = 0
        log = try RecordLog(path) { line in
            lines += 1
            guard let id = line["id"].string, let sequence = line["seq"].int, let version = line["version"].int else {
                throw Refusal(500, "a member is missing")
            }
            state.sequence = max(state.sequence, sequence + 1)
            if line["source"].isNull {
                state.visible[id] = nil
                state.graves[id] = version
            } else {
                state.visible[id] = Document(id: id, source: line["source"], version: version, sequence: sequence)
            }
        }
        // Half of the log is history: only what lives is kept.
        if lines > 1000, lines > state.visible.count * 2 {
            try log.replace(with: state.visible.values.sorted { $0.sequence < $1.sequence }.map(Self.line))
        }
        self.state = Locked(state)
    }

    private static func line(_ document: Document) -> JSON {
        [
            "id": .string(document.id), "source": document.source, "version": .int(document.version),
            "seq": .int(document.sequence),
        ]
    }

    /// What the list of indices says of it.
    var record: IndexRecord {
        get { info.withLock { $0 } }
        set { info.withLock { $0 = newValue } }
    }

    var mapping: Mapping { state.withLock { $0.mapping } }

    /// The document as it was last written, searched or not.
    func document(_ id: String) -> Document? { state.withLock { $0.live(id) } }

    /// What is searched now, in the order of writing; refreshes first when the refresh interval is over.
    func searchable() -> (mapping: Mapping, documents: [Document]) {
        let interval = refreshInterval
        return state.withLock { state in
            if let interval, let since = state.pendingSince, Monotonic.seconds - since >= interval {
                Self.refresh(&state)
            }
            return (state.mapping, state.visible.values.sorted { $0.sequence < $1.sequence })
        }
    }

    /// How many documents can be searched.
    var count: Int { state.withLock { $0.visible.count } }

    /// Makes everything searchable that was written.
    func refresh() { state.withLock { Self.refresh(&$0) } }

    private static func refresh(_ state: inout State) {
        for (id, document) in state.pending { state.visible[id] = document }
        state.pending = [:]
        state.pendingSince = nil
    }

    /// Seconds; nil where only an explicit refresh counts.
    private var refreshInterval: Double? {
        let setting = record.settings["index"]["refresh_interval"]
        guard let text = setting.string else { return 1 }
        if text == "-1" { return nil }
        let number = Double(text.prefix { $0.isNumber }) ?? 1
        return text.hasSuffix("ms") ? number / 1000 : text.hasSuffix("m") ? number * 60 : number
    }

    /// Adds fields to the mapping, durably.
    func merge(mapping: JSON) throws {
        try state.withLock { state in
            var changed = state.mapping
            try changed.merge(mapping)
            try saveMapping(changed)
            state.mapping = changed
        }
    }

    /// Writes, all with one write to the disk. Each order has its own result: one that fails does not harm the others.
    func write(_ orders: [WriteOrder]) throws -> [Result<WriteResult, any Error>] {
        try state.withLock { state in
            // On a copy: nobody may see what the disk has not.
            var changed = state
            var lines: [JSON] = []
            let results = orders.map { order in
                Result { try Self.write(order, to: &changed, lines: &lines, index: name) }
            }
            if changed.mapping != state.mapping { try saveMapping(changed.mapping) }
            try log.append(lines)
            if !lines.isEmpty, changed.pendingSince == nil { changed.pendingSince = Monotonic.seconds }
            state = changed
            return results
        }
    }

    private static func write(
        _ order: WriteOrder, to state: inout State, lines: inout [JSON], index: String
    ) throws -> WriteResult {
        let old = state.live(order.id)
        try check(order, old, index: index)
        let version = (old?.version ?? state.graves[order.id] ?? 0) + 1
        let source: JSON?
        switch order.action {
        case .index(let new, let onlyNew):
            if onlyNew, let old {
                throw Refusal.conflict(
                    order.id, "document already exists (current version [\(old.version)])", index: index)
            }
            source = new
        case .update(let change):
            guard let new = try change(old?.source) else {
                return WriteResult(
                    id: order.id, version: old?.version ?? 1, sequence: old?.sequence ?? 0, result: "noop")
            }
            source = new
        case .delete: source = nil
        }
        if let source { try learn(source, order.id, &state) }
        let sequence = state.sequence
        state.sequence += 1
        state.pending[order.id] = .some(
            source.map { Document(id: order.id, source: $0, version: version, sequence: sequence) })
        if source == nil { state.graves[order.id] = version }
        lines.append([
            "id": .string(order.id), "source": source ?? .null, "version": .int(version), "seq": .int(sequence),
        ])
        let result = source == nil ? (old == nil ? "not_found" : "deleted") : (old == nil ? "created" : "updated")
        return WriteResult(id: order.id, version: version, sequence: sequence, result: result)
    }

    private static func learn(_ source: JSON, _ id: String, _ state: inout State) throws {
        guard source.members != nil else {
            throw Refusal(400, "[1:1] failed to parse: a document is an object", code: "document_parsing_exception")
        }
        var mapping = state.mapping
        try mapping.learn(source, id: id)
        state.mapping = mapping
    }

    private static func check(_ order: WriteOrder, _ old: Document?, index: String) throws {
        guard order.id.utf8.count <= 512 else {
            throw Refusal.illegalArgument("id [\(order.id)] is too long, must be no longer than 512 bytes")
        }
        guard let sequence = order.ifSequence else { return }
        guard let old, old.sequence == sequence, order.ifTerm == primaryTerm else {
            let now = old.map { "current document has seqNo [\($0.sequence)] and primary term [\(primaryTerm)]" }
            throw Refusal.conflict(
                order.id,
                "required seqNo [\(sequence)], primary term [\(order.ifTerm ?? 0)]. "
                    + (now ?? "but no document was found"), index: index)
        }
    }
}
