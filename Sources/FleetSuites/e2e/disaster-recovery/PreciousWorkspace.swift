import FleetModel
import FleetTestKit
import InterfaceProfile

/// A workspace with content that must not be lost, and what is known of every byte of it.
struct PreciousWorkspace: Sendable {
    /// Its name.
    let name: String
    /// Its directory, as far as we see the orchestrator's disk; nil where that is elsewhere.
    let directory: String?
    /// The digest of each file by path, as it was when the workspace was filled; of the disk.
    let digests: [String: Digest]
    /// The entries that the platform lists, as they were then.
    let entries: [String]

    /// Makes a workspace and, where we can, fills it: text, binary data, a program, and a link to it.
    static func make(_ context: TestContext) async throws -> PreciousWorkspace {
        let orchestrator = try await context.platform
        let name = context.unique("precious")
        await context.cleanup("delete workspace \(name)") { try await orchestrator.deleteWorkspace(name) }
        let path = try await orchestrator.createWorkspace(name).path
        let directory = context.isHere("orchestrator") ? path : nil
        if let directory {
            let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
            try FileProbe.put(Array("key: \(context.unique("value"))\n".utf8), at: "\(directory)/config/precious.yaml")
            try FileProbe.put(noise, at: "\(directory)/runtime/state/precious.bin")
            try FileProbe.put(Array("#!/bin/sh\nexit 0\n".utf8), at: "\(directory)/infra/run.sh", mode: 0o750)
            try await context.run("ln", ["-s", "run.sh", "\(directory)/infra/current"])
        } else {
            context.log.info("not filled: the orchestrator's disk is elsewhere")
        }
        return PreciousWorkspace(
            name: name, directory: directory, digests: try await Self.digests(of: directory, context),
            entries: try await Self.entries(of: name, context))
    }

    /// Everything is as it was: the platform lists the same entries, and the disk has the same bytes.
    func expectWhole(_ context: TestContext, filePath: String = #filePath, line: Int = #line) async throws {
        try expectEqual(
            try await Self.entries(of: name, context), entries, "the entries of \(name)", filePath: filePath, line: line
        )
        guard let directory else { return }
        try expectEqual(
            try await Self.digests(of: directory, context), digests, "the digests of the files on the disk",
            filePath: filePath, line: line)
        let mode = try await context.run("stat", ["-c", "%a", "\(directory)/infra/run.sh"])
        try expectEqual(mode, "750\n", "the mode of a program of the workspace", filePath: filePath, line: line)
        let link = try? await context.run("readlink", ["\(directory)/infra/current"])
        try expectEqual(link, "run.sh\n", "where a link of the workspace leads", filePath: filePath, line: line)
    }

    private static func entries(of name: String, _ context: TestContext) async throws -> [String] {
        let found = try require(try await context.platform.workspace(name), "the workspace \(name)")
        return try require(found.entries, "the entries of \(name)").sorted()
    }

    /// The digest of every file below a directory, computed by us.
    static func digests(of directory: String?, _ context: TestContext) async throws -> [String: Digest] {
        guard let directory else { return [:] }
        let files = try await context.run("find", [directory, "-type", "f", "-printf", "%P\\n"])
        return Dictionary(
            try files.split(separator: "\n").map { path in
                (String(path), Digest(of: try FileProbe.content(of: "\(directory)/\(path)")))
            }
        ) { $1 }
    }
}
