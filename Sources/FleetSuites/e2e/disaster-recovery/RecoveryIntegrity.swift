import FleetModel
import FleetTestKit
import InterfaceProfile

extension RecoveryTests {
    static let dataIntegrityVerification = test(
        "e2e/disaster-recovery/data-integrity", "Data integrity verification", modes: .from(.solo), estimate: 4
    ) { context in
        let orchestrator = try await context.platform
        let precious = try await PreciousWorkspace.make(context)
        let backup = try await makeBackup(of: precious, context)
        let archive = try await orchestrator.workspaceArchive(of: precious.name, backup.id)
        let damaged = try await context.step("damage copies of the archive in several ways") {
            try await damage(archive, precious, context)
        }
        for (what, content) in damaged {
            try await context.step("\(what) is refused, with words, and nothing is touched") {
                let refusal = try await expectRefusal("an archive that is damaged: \(what)", statuses: 400...422) {
                    try await orchestrator.restoreWorkspace(precious.name, archive: content)
                }
                try expect(!refusal.message.isEmpty, "the refusal says why")
                try await precious.expectWhole(context)
            }
        }
        try await context.step("one of them does not make a workspace either") {
            let name = context.unique("made")
            await context.cleanup("delete workspace \(name)") { try await orchestrator.deleteWorkspace(name) }
            try await expectRefusal("a damaged archive for a new workspace", statuses: 400...422) {
                try await orchestrator.restoreWorkspace(name, archive: damaged[0].content)
            }
            try expectEqual(try await orchestrator.workspace(name), nil, "the workspace")
        }
        try await expectStoredDamage(backup, precious, context)
        try await context.step("the archive as it was is still good") {
            try await orchestrator.restoreWorkspace(precious.name, archive: archive)
            try await precious.expectWhole(context)
        }
    }

    /// Copies of an archive, each damaged in another way.
    private static func damage(
        _ archive: [UInt8], _ precious: PreciousWorkspace, _ context: TestContext
    ) async throws -> [(what: String, content: [UInt8])] {
        // A byte of a file's content: the archive is not compressed, so the words stand in it.
        var flipped = archive
        let file = precious.directory == nil ? context.profile.workspace.files[0] : "config/precious.yaml"
        let words = Array((file.split(separator: "/").last ?? "").utf8)
        let place = try require(archive.firstRange(of: words), "the name of a file in the archive")
        // The header of a tar entry is one block of 512 bytes; the content begins with the next.
        let content = (place.lowerBound / 512 + 1) * 512
        flipped[content] ^= 1
        let foreign = "\(context.scratch)/foreign.tar"
        try FileProbe.put(Array("foreign".utf8), at: "\(context.scratch)/foreign.txt")
        try await context.run("tar", ["-cf", foreign, "-C", context.scratch, "foreign.txt"])
        return [
            ("an archive that was cut off", Array(archive.prefix(archive.count / 2))),
            ("an archive in which one bit of a file is wrong", flipped),
            ("an archive of somebody else", try FileProbe.content(of: foreign)),
            ("something that is no archive", Array("no archive at all".utf8)),
            ("nothing", []),
        ]
    }

    /// Where we see the orchestrator's disk: a backup that rots there is refused too.
    private static func expectStoredDamage(
        _ backup: BackupInfo, _ precious: PreciousWorkspace, _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        guard let directory = precious.directory else {
            return context.log.info("not damaged: the orchestrator's disk is elsewhere")
        }
        try await context.step("a backup that rots on the disk is refused, and nothing is touched") {
            // Backups lie somewhere beside the workspaces; wherever that is, the file has the backup's id in its name.
            let root = directory.split(separator: "/").dropLast(2).map { "/\($0)" }.joined()
            // Other tests remove files there meanwhile.
            let found = try await context.run(
                "find", [root, "-ignore_readdir_race", "-type", "f", "-name", "\(backup.id)*"])
            let archive = try require(
                found.split(separator: "\n").map(String.init).first { $0.hasSuffix(".tar") }, "the archive on the disk")
            var content = try FileProbe.content(of: archive)
            content[content.count / 2] ^= 0x40
            try FileProbe.put(content, at: archive)
            try await expectRefusal("a backup that has rotted", statuses: 400...599) {
                try await orchestrator.restoreWorkspace(precious.name, backup: backup.id)
            }
            try await precious.expectWhole(context)
        }
    }
}
