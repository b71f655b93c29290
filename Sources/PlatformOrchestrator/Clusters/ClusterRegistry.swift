import FleetSystem
import PlatformService

/// The records of all clusters; each is durable before anybody acts upon it.
actor ClusterRegistry {
    private let table: RecordTable<ClusterRecord>
    private var records: [String: ClusterRecord]

    /// Opens the registry of that file.
    init(_ path: String) throws {
        let (table, stored) = try RecordTable<ClusterRecord>.open(path)
        self.table = table
        records = stored
    }

    /// Every cluster, by name.
    var all: [ClusterRecord] { records.values.sorted { $0.name < $1.name } }

    /// One cluster, or nil.
    func cluster(_ name: String) -> ClusterRecord? { records[name] }

    /// Enters a new cluster. Throws when the name is taken.
    func add(_ record: ClusterRecord) async throws {
        if let taken = records[record.name] {
            throw PlatformError(.conflict, "there is a cluster \(record.name) already (\(taken.status.rawValue))")
        }
        records[record.name] = record
        do { try await table.write(record, for: record.name) } catch {
            records[record.name] = nil
            throw error
        }
    }

    /// Changes the state of a cluster and makes that durable.
    func set(_ status: ClusterStatus, of name: String) async throws {
        guard var record = records[name] else { throw PlatformError(.notFound, "there is no cluster \(name)") }
        record.status = status
        records[name] = record
        try await table.keep([(name, record)]).value().get()
    }

    /// Forgets a cluster.
    func forget(_ name: String) async throws {
        records[name] = nil
        try await table.keep([(name, nil)]).value().get()
    }

    /// Ends the store.
    func close() async { await table.close() }
}
