import FleetSystem
import FleetTestSupport
import Foundation
import PlatformService

@testable import PlatformExtensions

/// A version, for tests that know that it is one.
func version(_ text: String) throws -> SemanticVersion {
    guard let version = SemanticVersion(text) else { throw TestServiceError("\(text) is no version") }
    return version
}

/// An extension that lies unpacked in a directory, for tests to break.
struct ExtensionFolder {
    let path: String

    /// A taskserv with programs that do nothing.
    static func taskserv(
        _ name: String, _ version: String, needs: String = "[]", at path: String
    ) throws -> ExtensionFolder {
        let folder = ExtensionFolder(path: path)
        try PrivateDirectory.ensure(path)
        try folder.write(
            #"{"type":"taskserv","name":"\#(name)","version":"\#(version)","description":"of a test","dependencies":\#(needs)}"#,
            to: "extension.json")
        for program in ["install", "check", "remove"] { try folder.write("#!/bin/sh\n", to: program, mode: 0o755) }
        return folder
    }

    func write(_ text: String, to file: String, mode: UInt32 = 0o644) throws {
        try AtomicFile.write(Array(text.utf8), to: "\(path)/\(file)", mode: mode)
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }

    /// Packs it by `tar` with these arguments besides.
    func packed(to archive: String, _ arguments: [String] = []) async throws {
        let result = try await ToolRun.run("tar", ["-czf", archive] + arguments + ["-C", path, "."])
        guard result.status.isSuccess else { throw TestServiceError("tar: \(result.output)") }
    }
}

/// Runs a test in a directory of its own.
func withScratch<Result>(_ name: String, _ body: (String) async throws -> Result) async throws -> Result {
    let directory = try TestService.temporaryDirectory(name)
    defer { _ = DirectoryTree.remove(directory) }
    return try await body(directory)
}
