import FleetSystem

extension TestContext {
    /// What the host's `tar` unpacks from a `tar+gzip` archive: a second implementation, and so an independent witness.
    ///
    /// - Returns: the content of each file, by its path in the archive.
    /// - Throws: `AssertionFailure` with what `tar` said when it cannot read the archive.
    public func unpacked(
        _ archive: [UInt8], filePath: String = #filePath, line: Int = #line
    ) async throws -> [String: [UInt8]] {
        let directory = "\(scratch)/unpacked-\(UInt64.random(in: 0 ... .max))"
        try PrivateDirectory.ensure(directory)
        let file = "\(directory).tar.gz"
        try AtomicFile.write(archive, to: file)
        let limit = Duration.seconds(20)
        let unpacking = try await ProgramRun.run("tar", ["-xzf", file, "-C", directory], home: scratch, limit: limit)
        try expect(
            unpacking.status.isSuccess, "tar unpacks the archive", actual: unpacking.errorOutput, filePath: filePath,
            line: line)
        let listing = try await ProgramRun.run("find", [directory, "-type", "f"], home: scratch, limit: limit)
        var content: [String: [UInt8]] = [:]
        for path in listing.output.split(separator: "\n") {
            content[String(path.dropFirst(directory.count + 1))] = try AtomicFile.read(String(path))
        }
        return content
    }
}

extension TestContext {
    /// Writes a file on this machine, with the directories above it; for what the platform reads from the same disk.
    public func writeFile(_ content: [UInt8], to path: String) throws {
        if let slash = path.lastIndex(of: "/") { try PrivateDirectory.ensure(String(path[..<slash])) }
        try AtomicFile.write(content, to: path)
    }
}
