import FleetModel
import FleetTestKit
import InterfaceProfile

extension RecoveryTests {
    // Alone in its environment: a restore brings back what other tests have removed since the backup.
    static let platformServiceBackup = test(
        "e2e/disaster-recovery/platform-backup", "Platform service backup", modes: .from(.solo), estimate: 5,
        environment: .exclusive
    ) { context in
        let orchestrator = try await context.platform
        let keeper = try await context.platformAsAdministrator()
        let estate = try await PlatformEstate.make(context)
        let backup = try await context.step("back the platform up") {
            try await PlatformEstate.makeBackup(keeper, context)
        }
        let archive = try await context.step("fetch the archive: it is what the platform says it is") {
            let archive = try await keeper.platformArchive(backup.id)
            try expectEqual(Digest(of: archive).description, backup.checksum, "the digest of the archive")
            try expectEqual(archive.count, backup.size, "the size of the archive")
            return archive
        }
        try await context.step("tar takes it apart: servers, cluster, names and tasks are in it") {
            let unpacked = try await context.unpack(archive)
            let files = try await PreciousWorkspace.digests(of: unpacked.directory, context).keys.sorted()
            let text = try files.map { file in
                String(decoding: try FileProbe.content(of: "\(unpacked.directory)/\(file)"), as: UTF8.self)
            }.joined(separator: "\n")
            for word in [estate.bench.name, estate.cluster, estate.record, estate.task.id] {
                try expect(text.contains(word), "the archive knows \(word)", actual: files)
            }
        }
        try await context.step("it holds no private key") {
            let unpacked = String(decoding: archive, as: UTF8.self)
            try expect(!unpacked.contains("PRIVATE KEY"), "no private key is in the archive")
        }
        try await context.step("over a platform that lost nothing, a restore changes nothing") {
            let before = try require(try await orchestrator.server(estate.bench.name), "the server")
            let report = try await keeper.restorePlatform(backup: backup.id)
            try expectEqual(report.problems, [], "the problems of the restore")
            try expectEqual(try await orchestrator.server(estate.bench.name), before, "the server")
            try await estate.expectWhole(context)
        }
        try await context.step("a workspace's backup is none of the platform") {
            let precious = try await PreciousWorkspace.make(context)
            let other = try await makeBackup(of: precious, context)
            let content = try await orchestrator.workspaceArchive(of: precious.name, other.id)
            try await expectRefusal("the backup of a workspace", statuses: 400...422) {
                _ = try await keeper.restorePlatform(archive: content)
            }
            try await expectRefusal("an archive that was cut off", statuses: 400...422) {
                _ = try await keeper.restorePlatform(archive: Array(archive.prefix(archive.count / 2)))
            }
        }
    }

    static let platformServiceRestore = test(
        "e2e/disaster-recovery/platform-restore", "Platform service restore", modes: .from(.solo), estimate: 10,
        environment: .exclusive
    ) { context in
        let orchestrator = try await context.platform
        let keeper = try await context.platformAsAdministrator()
        let estate = try await PlatformEstate.make(context)
        let backup = try await PlatformEstate.makeBackup(keeper, context)
        let archive = try await keeper.platformArchive(backup.id)
        let isLost = try await context.step("the orchestrator is killed, and everything that it kept is lost") {
            try await loseDisk(context)
        }
        if isLost {
            try await context.step("the damage is real: no server, no cluster, no task, and nobody answers") {
                try expectEqual(try await orchestrator.servers(), [], "the servers")
                try expectEqual(try await orchestrator.clusters(), [], "the clusters")
                try expectEqual(try await orchestrator.dnsRecords(), [], "the listed records")
                try await expectRefusal("a task of before", statuses: 404...404) {
                    _ = try await orchestrator.task(estate.task.id)
                }
                let place = TCPClient(host: estate.address, port: estate.bench.server.sshPort ?? 22)
                try await eventually("SSH falls silent") {
                    try expect(!(try await place.isListening()), "nobody listens at \(estate.address)")
                }
            }
        } else {
            context.log.info("not lost: this environment cannot lose a disk; a server and a cluster are removed")
            try await orchestrator.removeServer(estate.bench.name)
            try await orchestrator.removeCluster(estate.cluster)
        }
        try await context.step("restore from the archive that we kept") {
            let report = try await keeper.restorePlatform(archive: archive)
            try expectEqual(report.problems, [], "the problems of the restore")
            try expect((report.servers ?? 0) > 0, "servers came back", actual: report.servers)
        }
        try await context.step("all is there again, by every witness") { try await estate.expectWhole(context) }
        try await context.step("restored twice is restored once") {
            let report = try await keeper.restorePlatform(archive: archive)
            try expectEqual(report.servers, 0, "servers that came back a second time")
            try expectEqual(report.tasks, 0, "tasks that came back a second time")
            try await estate.expectWhole(context)
        }
        try await context.step("and it works: a new server, and the removal of an old one") {
            let fresh = try await Workbench.make(context, "fresh")
            try expectEqual(try await fresh.ssh.output(of: "echo in"), "in", "what the new server says")
            try await orchestrator.removeServer(estate.bench.name)
            try await BatchTests.expectNothingLeft(of: [estate.bench.name], context)
        }
    }
}

/// What a platform has to lose: a server with a login, a cluster, a name of somebody's own, and a task that has ended.
struct PlatformEstate: Sendable {
    let bench: Workbench
    let address: String
    /// The cluster's name.
    let cluster: String
    /// The first label of the name of our own.
    let record: String
    let task: TaskInfo

    static func make(_ context: TestContext) async throws -> PlatformEstate {
        let orchestrator = try await context.platform
        let bench = try await Workbench.make(context)
        let address = try require(bench.server.address, "the address of the server")
        let name = context.unique("estate")
        var cluster = ClusterDefinition(name, nodes: ["\(name)-1", "\(name)-2"])
        cluster.provider = context.profile.spellings.simulatedProviders.first
        let wanted = cluster
        await context.cleanup("delete cluster \(name)") { try await orchestrator.removeCluster(name) }
        let id = try await orchestrator.createCluster(wanted)
        try await orchestrator.completed(id)
        let record = context.unique("alias")
        await context.cleanup("delete record \(record)") { try await orchestrator.removeRecords(of: record) }
        try await orchestrator.registerRecord(record, .a, "192.0.2.7")
        return PlatformEstate(
            bench: bench, address: address, cluster: name, record: record, task: try await orchestrator.task(id))
    }

    /// Backs the platform up; the backup is removed after the test.
    static func makeBackup(_ keeper: OrchestratorClient, _ context: TestContext) async throws -> BackupInfo {
        let backup = try await keeper.backUpPlatform()
        await context.cleanup("delete backup \(backup.id)") {
            try await keeper.deletePlatformBackup(backup.id)
        }
        return backup
    }

    /// Everything is there: by the platform's word, by SSH, and by the name server.
    func expectWhole(_ context: TestContext) async throws {
        let orchestrator = try await context.platform
        let zone = try context.zone
        let now = try await bench.again(context)
        try expectEqual(now.server.address, address, "the address of the server")
        try expectEqual(now.server.status, context.profile.spellings.serverRunning.lowercased(), "its state")
        try expectEqual(try await now.ssh.output(of: "echo in"), "in", "what the server says to our key")
        try await context.expectAddresses([address], of: "\(bench.name).\(zone)")
        let found = try require(try await orchestrator.cluster(cluster), "the cluster")
        let control = try require(try await orchestrator.server(found.nodes[0]), "its first node")
        try await context.expectAddresses(
            [try require(control.address, "the node's address")], of: "\(cluster).\(zone)")
        try await context.expectAddresses(["192.0.2.7"], of: "\(record).\(zone)")
        let listed = try await orchestrator.dnsRecords().filter { $0.name == "\(record).\(zone)" }.map(\.value)
        try expectEqual(listed, ["192.0.2.7"], "the listed record")
        try expectEqual(try await orchestrator.task(task.id), task, "the task that had ended")
    }
}
