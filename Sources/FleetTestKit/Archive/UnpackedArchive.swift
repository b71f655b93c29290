import FleetSystem

/// The files of a tar archive, taken apart by the host's `tar`: a second opinion on what somebody calls a backup.
public struct UnpackedArchive: Sendable {
    /// Where it was unpacked.
    public let directory: String
    /// What the archive lists, in its order.
    public let entries: [String]

    /// The content of a file of it.
    ///
    /// - Throws: `SystemCallError` when it is not there.
    public func file(_ path: String) throws -> [UInt8] { try AtomicFile.read("\(directory)/\(path)") }
}

extension TestContext {
    /// Unpacks a tar archive, compressed or not, into the scratch directory.
    ///
    /// - Throws: `ProgramFailure` with what `tar` said, when that is no archive for it.
    public func unpack(_ archive: [UInt8]) async throws -> UnpackedArchive {
        let directory = "\(scratch)/archive-\(UInt64.random(in: 0 ... .max))"
        try PrivateDirectory.ensure(directory)
        let file = "\(directory).tar"
        try AtomicFile.write(archive, to: file)
        let list = try await run("tar", ["-tf", file])
        _ = try await run("tar", ["-xf", file, "-C", directory, "--no-same-owner"])
        let entries = list.split(separator: "\n").map { String($0.hasPrefix("./") ? $0.dropFirst(2) : $0) }
        return UnpackedArchive(directory: directory, entries: entries.filter { !$0.isEmpty })
    }

    /// Runs a program of the host that must succeed, and returns what it printed.
    ///
    /// - Throws: `ProgramFailure` with what it said.
    @discardableResult
    public func run(
        _ program: String, _ arguments: [String], within limit: Duration = .seconds(20)
    ) async throws -> String {
        let result = try await ProgramRun.run(program, arguments, home: scratch, limit: limit)
        guard result.status.isSuccess else {
            throw ProgramFailure(program: program, reason: "\(result.status): \(result.errorOutput.suffix(500))")
        }
        return result.output
    }
}
