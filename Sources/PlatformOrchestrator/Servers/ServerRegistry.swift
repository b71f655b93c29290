import FleetSystem
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The records of all servers; each is durable before anybody acts upon it.
actor ServerRegistry {
    private let directory: String
    private let providers: Providers
    private var records: [String: ServerRecord] = [:]

    /// A registry that keeps a file for each server in that directory.
    init(directory: String, providers: Providers) throws {
        self.directory = directory
        self.providers = providers
        try PrivateDirectory.ensure(directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
            let bytes = try AtomicFile.read("\(directory)/\(name)")
            let record = try JSONDecoder().decode(ServerRecord.self, from: Data(bytes))
            records[record.hostname] = record
        }
    }

    /// Every server, by name; one whose sshd died is `stopped`.
    var all: [ServerRecord] { records.values.map(current).sorted { $0.hostname < $1.hostname } }

    /// How many servers there are.
    var count: Int { records.count }

    /// One server, or nil.
    func server(_ hostname: String) -> ServerRecord? { records[hostname].map(current) }

    /// Addresses that belong to a server, whether it runs or not.
    var addresses: Set<IPv4Address> { Set(records.values.compactMap(\.address)) }

    /// Enters a new server. Throws when the name is taken.
    func add(_ record: ServerRecord) throws {
        if let taken = records[record.hostname] {
            throw PlatformError(
                .conflict, "there is a server \(record.hostname) already (\(taken.status.rawValue))")
        }
        records[record.hostname] = record
        try save(record)
    }

    /// Changes a record and makes that durable.
    @discardableResult
    func change(_ hostname: String, _ change: @Sendable (inout ServerRecord) -> Void) throws -> ServerRecord {
        guard let before = records[hostname] else {
            throw PlatformError(.notFound, "there is no server \(hostname)")
        }
        var record = before
        change(&record)
        guard record != before else { return record }
        records[hostname] = record
        try save(record)
        return record
    }

    /// Forgets a server.
    func forget(_ hostname: String) throws {
        records[hostname] = nil
        let path = "\(directory)/\(hostname).json"
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try AtomicFile.synchronizeDirectory(directory)
    }

    private func save(_ record: ServerRecord) throws {
        try AtomicFile.write(JSONEncoder().encode(record), to: "\(directory)/\(record.hostname).json")
    }

    /// What callers see: the record says what should be, the provider what is.
    private func current(_ stored: ServerRecord) -> ServerRecord {
        var record = stored
        if record.status == .running, !providers.isRunning(record) {
            record.status = .stopped
            for index in record.taskservs.indices { record.taskservs[index].status = .stopped }
        }
        return record
    }
}
