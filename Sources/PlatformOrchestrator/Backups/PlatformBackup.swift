import FleetSystem
import Logging
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Backs up what the orchestrator knows, and brings back what it has lost: tasks, batches, servers, clusters, names, and
/// which extensions were loaded.
struct PlatformBackup: Sendable {
    let engine: TaskEngine
    let batches: BatchEngine
    let servers: ServerWorkflow
    let clusters: ClusterRegistry
    let loader: ExtensionLoader
    let logger: Logger

    /// What came back.
    struct Report: Sendable, Encodable {
        var tasks = 0
        var batches = 0
        var servers = 0
        var clusters = 0
        var names = 0
        var extensions = 0
        /// What could not be brought back, and why.
        var problems: [String] = []

        enum CodingKeys: String, CodingKey {
            case tasks, batches, servers, clusters, extensions, problems
            case names = "dns_names"
        }
    }

    /// Writes everything into a new directory.
    func fill(_ directory: String) async throws {
        try PrivateDirectory.ensure(directory)
        try write(await engine.records, "tasks", directory)
        try write(await batches.all, "batches", directory)
        try write(await servers.registry.all, "servers", directory)
        try write(await clusters.all, "clusters", directory)
        try write(await servers.dns.entries, "dns", directory)
        try write(await loader.loaded.map(ExtensionMark.init), "extensions", directory)
    }

    /// Brings back what is missing; what is there is left as it is, so that doing it twice changes nothing. Servers of
    /// this host are made anew with their names and addresses, empty: what was on them is not in the backup.
    func restore(from directory: String) async throws -> Report {
        let tasks = try read([TaskRecord].self, "tasks", directory)
        let batches = try read([BatchRecord].self, "batches", directory)
        let servers = try read([ServerRecord].self, "servers", directory)
        let clusters = try read([ClusterRecord].self, "clusters", directory)
        let names = try read([DNSBook.Wish].self, "dns", directory)
        let extensions = try read([ExtensionMark].self, "extensions", directory)
        var report = Report()
        for server in servers { await bringBack(server, &report) }
        for cluster in clusters where await self.clusters.cluster(cluster.name) == nil {
            try await self.clusters.add(cluster)
            report.clusters += 1
        }
        for wish in names where wish.owner != .server { await bringBack(wish, &report) }
        for loaded in extensions { await bringBack(loaded, &report) }
        report.batches = try await self.batches.adopt(batches)
        report.tasks = try await engine.adopt(tasks)
        logger.info("backup restored", metadata: ["servers": "\(report.servers)", "tasks": "\(report.tasks)"])
        return report
    }
}

extension PlatformBackup {
    private func bringBack(_ server: ServerRecord, _ report: inout Report) async {
        guard await servers.registry.server(server.hostname) == nil else { return }
        guard server.status == .running || server.status == .stopped else { return }
        do {
            try await servers.registry.add(server)
            await servers.restart(server)
            guard await servers.registry.server(server.hostname)?.status == .running else {
                throw PlatformError(.failed, "it does not start; see the orchestrator's log")
            }
            report.servers += 1
        } catch { report.problems.append("server \(server.hostname): \(words(of: error))") }
    }

    private func bringBack(_ wish: DNSBook.Wish, _ report: inout Report) async {
        do {
            let name = try DNSName(wish.name)
            guard await !servers.dns.entries.contains(where: { $0.name == wish.name }) else { return }
            try await servers.dns.set(name, wish.entries, owner: wish.owner)
            report.names += 1
        } catch { report.problems.append("name \(wish.name): \(words(of: error))") }
    }

    private func bringBack(_ mark: ExtensionMark, _ report: inout Report) async {
        do {
            let reference = ExtensionReference(mark.key.id, .exactly(mark.key.version))
            let found = try await loader.load(LoadRequest(reference, withDependencies: false))
            guard found.wanted.loaded.archive.checksum == mark.checksum else {
                throw PlatformError(.failed, "its source has another archive now than when it was backed up")
            }
            report.extensions += 1
        } catch { report.problems.append("extension \(mark.key): \(words(of: error))") }
    }

    private func write(_ value: some Encodable, _ name: String, _ directory: String) throws {
        try AtomicFile.write(JSONEncoder().encode(value), to: "\(directory)/\(name).json")
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ name: String, _ directory: String) throws -> Value {
        do {
            return try JSONDecoder().decode(
                type, from: Data(try AtomicFile.read("\(directory)/\(name).json", limit: .max)))
        } catch {
            throw PlatformError(.invalid, "the backup's \(name).json cannot be read: \(error)")
        }
    }
}

/// Which archive was loaded.
private struct ExtensionMark: Codable, Sendable {
    let key: ExtensionKey
    let checksum: Digest

    init(_ loaded: LoadedExtension) {
        key = loaded.key
        checksum = loaded.archive.checksum
    }
}
