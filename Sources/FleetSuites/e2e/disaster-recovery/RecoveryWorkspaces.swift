import FleetModel
import FleetTestKit
import InterfaceProfile

extension RecoveryTests {
    static let workspaceBackup = test(
        "e2e/disaster-recovery/workspace-backup", "Workspace backup", modes: .from(.solo), estimate: 3
    ) { context in
        let orchestrator = try await context.platform
        let precious = try await PreciousWorkspace.make(context)
        let backup = try await context.step("back the workspace up") { try await makeBackup(of: precious, context) }
        let archive = try await context.step("fetch the archive: it is what the listing says") {
            let archive = try await orchestrator.workspaceArchive(of: precious.name, backup.id)
            try expectEqual(Digest(of: archive).description, backup.checksum, "the digest of the archive")
            try expectEqual(archive.count, backup.size, "the size of the archive")
            let listed = try await orchestrator.workspaceBackups(of: precious.name)
            try expectEqual(listed, [backup], "the backups of the workspace")
            return archive
        }
        try await context.step("tar takes it apart, and every file is in it, byte for byte") {
            let unpacked = try await context.unpack(archive)
            let found = try await PreciousWorkspace.digests(of: unpacked.directory, context)
            for (path, digest) in precious.digests {
                let same = found.filter { $0.key == path || $0.key.hasSuffix("/\(path)") }
                try expectEqual(Set(same.values), [digest], "the digest of \(path) in the archive")
            }
            try expect(found.count > precious.digests.count, "a manifest comes along", actual: found.keys.sorted())
        }
        try await context.step("what is written afterwards is not in it, and the workspace is untouched") {
            try await precious.expectWhole(context)
            if let directory = precious.directory {
                try FileProbe.put(Array("later".utf8), at: "\(directory)/infra/later.txt")
                let again = try await orchestrator.workspaceArchive(of: precious.name, backup.id)
                try expect(again == archive, "the archive stays what it was")
            }
        }
        try await context.step("a backup that is deleted is gone, and the other one stays") {
            let other = try await orchestrator.backUpWorkspace(precious.name)
            try await orchestrator.deleteWorkspaceBackup(of: precious.name, other.id)
            try expectEqual(
                try await orchestrator.workspaceBackups(of: precious.name), [backup], "the backups of the workspace")
            try await expectRefusal("the archive of a deleted backup", statuses: 404...404) {
                _ = try await orchestrator.workspaceArchive(of: precious.name, other.id)
            }
        }
        try await context.step("a workspace that is not there cannot be backed up") {
            try await expectRefusal("a backup of nothing", statuses: 404...404) {
                _ = try await orchestrator.backUpWorkspace(context.unique("nothing"))
            }
        }
    }

    /// Backs a workspace up; the backup is removed after the test.
    static func makeBackup(of precious: PreciousWorkspace, _ context: TestContext) async throws -> BackupInfo {
        let orchestrator = try await context.platform
        let backup = try await orchestrator.backUpWorkspace(precious.name)
        await context.cleanup("delete backup \(backup.id)") {
            try await orchestrator.deleteWorkspaceBackup(of: precious.name, backup.id)
        }
        return backup
    }

    static let dataLossSimulation = test(
        "e2e/disaster-recovery/data-loss-simulation", "Data loss simulation", modes: .from(.solo), estimate: 4
    ) { context in
        let orchestrator = try await context.platform
        let precious = try await PreciousWorkspace.make(context)
        let backup = try await makeBackup(of: precious, context)
        if let directory = precious.directory {
            let losses: KeyValuePairs<String, [String]> = [
                "a file is deleted": ["rm", "\(directory)/config/precious.yaml"],
                "a file is overwritten": ["cp", "/proc/self/cmdline", "\(directory)/runtime/state/precious.bin"],
                "a file is cut off": ["truncate", "-s", "100", "\(directory)/runtime/state/precious.bin"],
                "a program loses its rights": ["chmod", "600", "\(directory)/infra/run.sh"],
                "a directory is deleted": ["rm", "-r", "\(directory)/runtime"],
                "something foreign comes in": ["touch", "\(directory)/infra/foreign"],
                "all of it is deleted": ["rm", "-r", directory],
            ]
            for (loss, command) in losses {
                try await context.step("\(loss), and the restore makes up for it") {
                    try await context.run(command[0], Array(command.dropFirst()))
                    try await expectDamage(precious, directory, context)
                    try await orchestrator.restoreWorkspace(precious.name, backup: backup.id)
                    try await precious.expectWhole(context)
                }
            }
        }
        try await context.step("the workspace is deleted by mistake, and restored from the backup that is left") {
            try await orchestrator.deleteWorkspace(precious.name)
            try expectEqual(try await orchestrator.workspace(precious.name), nil, "the workspace")
            try await orchestrator.restoreWorkspace(precious.name, backup: backup.id)
            try await precious.expectWhole(context)
        }
    }

    /// The damage is really there: digests or modes on the disk are not what they were.
    private static func expectDamage(
        _ precious: PreciousWorkspace, _ directory: String, _ context: TestContext
    ) async throws {
        guard FileProbe.exists("\(directory)/") else { return }
        let now = try await PreciousWorkspace.digests(of: directory, context)
        let mode = try? await context.run("stat", ["-c", "%a", "\(directory)/infra/run.sh"])
        try expect(now != precious.digests || mode != "750\n", "something is lost", actual: now.keys.sorted())
    }

    static let workspaceRestore = test(
        "e2e/disaster-recovery/workspace-restore", "Workspace restore", modes: .from(.solo), estimate: 6,
        environment: .exclusive
    ) { context in
        let orchestrator = try await context.platform
        let precious = try await PreciousWorkspace.make(context)
        let backup = try await makeBackup(of: precious, context)
        let archive = try await context.step("keep the archive in a safe place") {
            try await orchestrator.workspaceArchive(of: precious.name, backup.id)
        }
        let isLost = try await context.step(
            "the orchestrator is killed and its disk is lost, workspaces and backups too"
        ) {
            try await loseDisk(context)
        }
        if !isLost {
            context.log.info("not lost: this environment cannot lose a disk; the workspace is deleted in its place")
            try await orchestrator.deleteWorkspace(precious.name)
        }
        try await context.step("the workspace is gone, and whoever asks the platform for the backup is told so") {
            try expectEqual(try await orchestrator.workspace(precious.name), nil, "the workspace")
            if let directory = precious.directory {
                try expect(!FileProbe.exists(directory), "the directory is gone", actual: directory)
            }
            if isLost {
                try await expectRefusal("a restore from a lost backup", statuses: 404...404) {
                    try await orchestrator.restoreWorkspace(precious.name, backup: backup.id)
                }
            }
        }
        try await context.step("the archive that we kept brings it back") {
            try await orchestrator.restoreWorkspace(precious.name, archive: archive)
            try await precious.expectWhole(context)
        }
        try await context.step("restored once more over changes, it is the same again, without what was added") {
            if let directory = precious.directory {
                try FileProbe.put(Array("added".utf8), at: "\(directory)/infra/added.txt")
            }
            try await orchestrator.restoreWorkspace(precious.name, archive: archive)
            try await precious.expectWhole(context)
        }
        try await context.step("it can be backed up and deleted like any other") {
            let again = try await makeBackup(of: precious, context)
            let content = try await orchestrator.workspaceArchive(of: precious.name, again.id)
            try expectEqual(Digest(of: content).description, again.checksum, "the digest of the new archive")
            try expect(try await orchestrator.deleteWorkspace(precious.name), "the workspace was there to be deleted")
        }
    }
}
