import FleetSystem
import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Dynamic secrets and temporal SSH keys: records on disk, the secrets themselves in memory only.
///
/// A key that is let into a server ends there by sshd's own clock (`expiry-time`), also when no orchestrator runs; the
/// clean-up takes its line away.
actor SecretStore {
    private let directory: String
    private let servers: String
    private let source: SecretSource
    private let settings: SecretSettings
    private let now: @Sendable () -> Timestamp
    private let serverID: @Sendable (_ name: String) async -> String?
    private let logger: Logger
    private var records: [String: SecretRecord] = [:]
    private var credentials: [String: [String: String]] = [:]

    /// A store in that directory, for servers of the provider `local` whose directories lie in `servers`; `serverID` says
    /// which server has a name now.
    init(
        directory: String, servers: String, source: SecretSource, settings: SecretSettings, logger: Logger,
        serverID: @escaping @Sendable (_ name: String) async -> String?,
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) throws {
        self.directory = directory
        self.servers = servers
        self.source = source
        self.settings = settings
        self.logger = logger
        self.now = now
        self.serverID = serverID
        try PrivateDirectory.ensure(directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
            let bytes = try AtomicFile.read("\(directory)/\(name)")
            let record = try JSONDecoder().decode(SecretRecord.self, from: Data(bytes))
            records[record.id] = record
        }
    }

    /// What somebody wants.
    struct Wish: Sendable {
        let type: SecretType
        let seconds: Int
        let owner: String
        let workspace: String?
        let purpose: String?
    }

    /// Makes a secret. Throws when its time is out of the type's range.
    func generate(_ wish: Wish) async throws -> (SecretRecord, [String: String]) {
        try check(wish.seconds, wish.type)
        let id = UUID().uuidString.lowercased()
        let made = try await source.make(wish.type, id: id, seconds: wish.seconds)
        let time = now()
        var record = SecretRecord(
            id: id, type: wish.type, owner: wish.owner, workspace: wish.workspace, purpose: wish.purpose,
            createdAt: time, expiresAt: time.advanced(seconds: Double(wish.seconds)))
        record.publicKey = made.publicKey
        record.fingerprint = made.fingerprint
        record.accessor = made.accessor
        try keep(record)
        credentials[id] = made.credentials
        return (record, made.credentials)
    }

    /// A secret. Throws `.notFound` when there is none.
    func record(_ id: String) throws -> SecretRecord {
        guard var record = records[id] else { throw PlatformError(.notFound, "there is no secret \(id)") }
        if record.status == .active, record.expiresAt <= now() { record.status = .expired }
        return record
    }

    /// What opens something; nil when it has ended, or when the orchestrator was restarted since.
    func credentials(of id: String) throws -> [String: String]? {
        try record(id).status == .active ? credentials[id] : nil
    }

    /// All secrets, or all temporal keys, the oldest first.
    func all(keys: Bool) -> [SecretRecord] {
        records.keys.compactMap { try? record($0) }.filter { ($0.type == .temporalKey) == keys }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Ends a secret now. Throws `.conflict` when it has ended.
    func revoke(_ id: String, reason: String?) async throws -> SecretRecord {
        var record = try active(id)
        try await source.revoke(record)
        record.status = .revoked
        record.reason = reason
        try await end(record)
        return record
    }

    /// Gives a secret a new time from now on. Throws `.conflict` when its type cannot be renewed.
    func renew(_ id: String, seconds: Int) async throws -> SecretRecord {
        var record = try active(id)
        guard record.type.isRenewable else {
            throw PlatformError(
                .conflict, "a secret of the type \(record.type.rawValue) cannot be renewed; make a new one")
        }
        try check(seconds, record.type)
        try await source.renew(record, seconds: seconds)
        record.expiresAt = now().advanced(seconds: Double(seconds))
        try keep(record)
        return record
    }

    /// Lets a temporal key into a server.
    func deploy(_ id: String, to server: String, serverID: String) async throws -> SecretRecord {
        var record = try active(id)
        guard record.type == .temporalKey else {
            throw PlatformError(.conflict, "only temporal keys are let into servers")
        }
        record.servers[server] = serverID
        try keep(record)
        try await writeKeys(of: server)
        return record
    }

    /// Ends what is over its time and takes it off its servers; how many.
    func cleanUp() async -> Int {
        let over = records.values.filter { $0.status == .active && $0.expiresAt <= now() }
        for var record in over {
            record.status = .expired
            do { try await end(record) } catch {
                logger.error("secret cannot be ended", metadata: ["id": "\(record.id)", "why": "\(words(of: error))"])
            }
        }
        return over.count
    }

    /// Cleans up from time to time, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let count = await cleanUp()
            if count > 0 { logger.info("secrets expired", metadata: ["count": "\(count)"]) }
            // Ends at once when the orchestrator stops.
            try? await Task.sleep(for: .seconds(settings.cleanUpSeconds))
        }
    }

    private func active(_ id: String) throws -> SecretRecord {
        let record = try record(id)
        guard record.status == .active else {
            throw PlatformError(.conflict, "the secret \(id) has ended: \(record.status.rawValue)")
        }
        return record
    }

    private func end(_ record: SecretRecord) async throws {
        credentials[record.id] = nil
        try keep(record)
        for server in record.servers.keys { try await writeKeys(of: server) }
    }

    private func check(_ seconds: Int, _ type: SecretType) throws {
        let range = min(settings.shortest ?? type.range.lowerBound, type.range.upperBound)...type.range.upperBound
        guard range.contains(seconds) else {
            throw PlatformError(
                .invalid, "ttl: \(seconds) s is not between \(range.lowerBound) and \(range.upperBound) s")
        }
    }

    private func keep(_ record: SecretRecord) throws {
        try AtomicFile.write(try JSONEncoder().encode(record), to: "\(directory)/\(record.id).json")
        records[record.id] = record
    }

    /// Writes the keys that a server lets in for a time. A server that has gone has no file, and needs none.
    private func writeKeys(of server: String) async throws {
        let place = "\(servers)/\(server)/etc"
        guard let id = await serverID(server), FileManager.default.fileExists(atPath: place) else { return }
        let lines = records.values.filter { $0.status == .active && $0.servers[server] == id }.map { record in
            let digits = record.expiresAt.text.prefix(19).filter(\.isNumber)
            return "expiry-time=\"\(digits)Z\" \(record.publicKey ?? "") temporary-\(record.id)\n"
        }
        try AtomicFile.write(lines.sorted().joined().utf8, to: "\(place)/temporary_keys")
    }
}
