import FleetSystem
import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All servers: their records, which are durable, and what runs of them.
actor ServerRegistry {
    private struct Entry {
        var record: ServerRecord
        var running: RunningServer?
    }

    private let directory: String
    private let logger: Logger
    private var entries: [String: Entry] = [:]

    /// A registry that keeps a file for each server in that directory.
    init(directory: String, logger: Logger) throws {
        self.directory = directory
        self.logger = logger
        try PrivateDirectory.ensure(directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
            let bytes = try AtomicFile.read("\(directory)/\(name)")
            let record = try JSONDecoder().decode(ServerRecord.self, from: Data(bytes))
            entries[record.hostname] = Entry(record: record)
        }
    }

    /// Every server, by name; one whose sshd died is `stopped`.
    var all: [ServerRecord] { entries.values.map(Self.current).sorted { $0.hostname < $1.hostname } }

    /// One server, or nil.
    func server(_ hostname: String) -> ServerRecord? { entries[hostname].map(Self.current) }

    /// Addresses that belong to a server, whether it runs or not.
    var addresses: Set<IPv4Address> { Set(entries.values.compactMap(\.record.address)) }

    /// Enters a new server. Throws when the name is taken.
    func add(_ record: ServerRecord) throws {
        if let taken = entries[record.hostname] {
            throw PlatformError(
                .conflict, "there is a server \(record.hostname) already (\(taken.record.status.rawValue))")
        }
        entries[record.hostname] = Entry(record: record)
        try save(record)
    }

    /// Changes a record and makes that durable.
    @discardableResult
    func change(_ hostname: String, _ change: @Sendable (inout ServerRecord) -> Void) throws -> ServerRecord {
        guard var entry = entries[hostname] else { throw PlatformError(.notFound, "there is no server \(hostname)") }
        change(&entry.record)
        entries[hostname] = entry
        try save(entry.record)
        return entry.record
    }

    /// What runs of a server from now on.
    func attach(_ running: RunningServer, to hostname: String) { entries[hostname]?.running = running }

    /// Hands out what runs of a server, to be stopped.
    func detach(_ hostname: String) -> RunningServer? {
        defer { entries[hostname]?.running = nil }
        return entries[hostname]?.running
    }

    /// Forgets a server.
    func forget(_ hostname: String) throws {
        entries[hostname] = nil
        let path = "\(directory)/\(hostname).json"
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try AtomicFile.synchronizeDirectory(directory)
    }

    /// Stops every server; their records stay.
    func stopAll() async {
        let running = entries.keys.compactMap { detach($0) }
        await withTaskGroup(of: Void.self) { tasks in
            for server in running { tasks.addTask { await server.stop() } }
        }
    }

    private func save(_ record: ServerRecord) throws {
        try AtomicFile.write(JSONEncoder().encode(record), to: "\(directory)/\(record.hostname).json")
    }

    /// What callers see: the record says what should be, the keeper what is.
    private static func current(_ entry: Entry) -> ServerRecord {
        var record = entry.record
        if record.status == .running, entry.running?.isAlive != true {
            record.status = .stopped
            for index in record.taskservs.indices { record.taskservs[index].status = .stopped }
        }
        return record
    }
}
