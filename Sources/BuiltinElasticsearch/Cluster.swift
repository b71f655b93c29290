import BuiltinSupport
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is written of the whole cluster.
struct ClusterState: Codable, Sendable {
    let uuid: String
    var indices: [String: IndexRecord] = [:]
    var templates: [String: JSON] = [:]
}

/// All indices, by name, alias and pattern.
final class Cluster: Sendable {
    let settings: ElasticsearchSettings
    let passwords = PasswordCache()
    let cursors = Cursors()
    private let directory: String
    private let file: StateFile<ClusterState>
    private let indices = Locked<[String: Index]>([:])

    init(settings: ElasticsearchSettings, directory: String) throws {
        self.settings = settings
        self.directory = directory
        try PrivateDirectory.ensure("\(directory)/indices")
        file = try StateFile("\(directory)/cluster.json", initial: ClusterState(uuid: Secret.token()))
        for (name, record) in file.read({ $0.indices }) { try open(name, record) }
    }

    var uuid: String { file.read { $0.uuid } }

    private func open(_ name: String, _ record: IndexRecord) throws {
        let index = try Index(name: name, record: record, path: path(record)) { [file] mapping in
            try file.update { $0.indices[name]?.mapping = mapping.json }
        }
        indices.withLock { $0[name] = index }
    }

    private func path(_ record: IndexRecord) -> String { "\(directory)/indices/\(record.uuid).log" }

    /// All indices in the order of their names.
    var all: [Index] { indices.withLock { $0.values.sorted { $0.name < $1.name } } }

    /// The index of that very name.
    func index(_ name: String) -> Index? { indices.withLock { $0[name] } }

    // MARK: Making and removing

    /// Makes an index of a body with `settings`, `mappings` and `aliases`, over the templates that its name fits.
    func create(_ name: String, _ body: JSON) throws {
        try Self.check(name)
        let templates = file.read {
            $0.templates.values.sorted { ($0["priority"].int ?? 0) < ($1["priority"].int ?? 0) }
        }
        // Of all templates that fit the one with the highest priority counts.
        let template = templates.last { template in
            template["index_patterns"].strings.contains { Wildcard($0).matches(name) }
        }
        var mapping = try Mapping(template?["template"]["mappings"] ?? [:])
        try mapping.merge(body["mappings"])
        var settings: JSON = ["index": ["number_of_shards": "1", "number_of_replicas": "1"]]
        for given in [template?["template"]["settings"] ?? .null, body["settings"]] { Self.apply(given, to: &settings) }
        let aliases = (template?["template"]["aliases"].members ?? [:])
            .merging(body["aliases"].members ?? [:]) { $1 }
        let record = IndexRecord(
            uuid: UUID().uuidString.lowercased(), created: (Date().timeIntervalSince1970 * 1000).rounded(),
            settings: settings, mapping: mapping.json, aliases: aliases)
        try file.update { state in
            guard state.indices[name] == nil else {
                throw Refusal(
                    400, "index [\(name)/\(state.indices[name]?.uuid ?? "")] already exists",
                    code: "resource_already_exists_exception", details: ["index": name])
            }
            guard !state.indices.values.contains(where: { $0.aliases[name] != nil }) else {
                throw Refusal(
                    400, "Invalid index name [\(name)], already exists as alias", code: "invalid_index_name_exception")
            }
            state.indices[name] = record
        }
        try open(name, record)
    }

    private static func check(_ name: String) throws {
        let bad = name.contains { " \"*\\<|,>/?#:".contains($0) }
        let starts = name.first.map { "_-+".contains($0) } ?? true
        guard !bad, !starts, name == name.lowercased(), name != ".", name != "..", name.utf8.count <= 255 else {
            let reason =
                name != name.lowercased()
                ? "must be lowercase"
                : starts
                    ? "must not start with '_', '-', or '+'"
                    : "must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?]"
            throw Refusal(
                400, "Invalid index name [\(name)], \(reason)", code: "invalid_index_name_exception",
                details: ["index": name, "index_uuid": "_na_"])
        }
    }

    func delete(_ index: Index) throws {
        try file.update { $0.indices[index.name] = nil }
        indices.withLock { $0[index.name] = nil }
        _ = DirectoryTree.remove(path(index.record))
    }

    /// Changes what is written of an index.
    func change(_ index: Index, _ body: (inout IndexRecord) throws -> Void) throws {
        let record = try file.update { state in
            guard var record = state.indices[index.name] else { throw Refusal.noIndex(index.name) }
            try body(&record)
            state.indices[index.name] = record
            return record
        }
        index.record = record
    }

    /// Brings settings into the form in which they are kept: below `index`, as strings.
    static func apply(_ given: JSON, to settings: inout JSON) {
        let inner = given["index"].members == nil ? given : given["index"]
        for (name, value) in inner.members ?? [:] {
            let short = name.hasPrefix("index.") ? String(name.dropFirst(6)) : name
            settings["index"][short] =
                value.members == nil && value.items == nil ? .string(QueryParser.plain(value)) : value
        }
    }

    var templates: [String: JSON] { file.read { $0.templates } }

    func set(template: JSON?, named name: String) throws { try file.update { $0.templates[name] = template } }

    // MARK: Finding

    /// The indices that a list of names, aliases and patterns means, each once.
    ///
    /// A name without a pattern that nothing has is refused, unless missing ones are to be ignored.
    func resolve(_ expression: String, ignoresMissing: Bool = false, allowsNone: Bool = true) throws -> [Index] {
        var found: [String: Index] = [:]
        let all = all
        for part in expression.isEmpty ? ["_all"] : expression.split(separator: ",").map(String.init) {
            let isExcluded = part.hasPrefix("-") && !found.isEmpty
            let name = isExcluded ? String(part.dropFirst()) : part
            let isPattern = name.contains("*") || name == "_all"
            let pattern = Wildcard(name == "_all" ? "*" : name)
            let matches = all.filter { index in
                isPattern
                    ? pattern.matches(index.name) || index.record.aliases.keys.contains(where: pattern.matches)
                    : index.name == name || index.record.aliases[name] != nil
            }
            if matches.isEmpty, !isPattern, !ignoresMissing { throw Refusal.noIndex(name) }
            for index in matches { found[index.name] = isExcluded ? nil : index }
        }
        if found.isEmpty, !allowsNone { throw Refusal.noIndex(expression) }
        return found.values.sorted { $0.name < $1.name }
    }

    /// The index that documents for a name go to; made where there is none.
    func target(_ name: String) throws -> Index {
        if let index = index(name) { return index }
        let behind = all.filter { $0.record.aliases[name] != nil }
        if behind.count == 1 { return behind[0] }
        if let index = behind.first(where: { $0.record.aliases[name]?["is_write_index"] == true }) { return index }
        guard behind.isEmpty else {
            throw Refusal.illegalArgument(
                "no write index is defined for alias [\(name)]. The write index may be explicitly disabled using "
                    + "is_write_index=false or the alias points to multiple indices without one being designated as a "
                    + "write index")
        }
        do { try create(name, [:]) } catch let refusal as Refusal
            where refusal.code == "resource_already_exists_exception"
        {
            // Somebody else was quicker, which is as good.
        }
        guard let index = index(name) else { throw Refusal.noIndex(name) }
        return index
    }
}
