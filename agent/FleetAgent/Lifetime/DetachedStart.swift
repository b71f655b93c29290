import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Starts a guardian that outlives us, and waits until what it guards is ready.
struct DetachedStart {
    /// Why it did not become ready.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The directory that goes when what is guarded has gone.
    let directory: String
    /// Where standard error goes.
    let log: String
    /// The arguments of our own program for the guardian.
    let arguments: [String]
    /// What is handed down on standard input.
    let firstLine: String
    /// How long it may take.
    let limit: Duration

    /// The JSON line that says that all is ready.
    func readyLine() async throws -> String {
        let guardian = try Spawner.spawn(
            ProcessSpecification(
                executable: OwnProgram.path, arguments: arguments,
                environment: OwnProgram.variables(session: directory), workingDirectory: "/",
                standardInput: .pipe, standardOutput: .pipe, standardError: .file(log), endsWithParent: false))
        guard let input = guardian.takeStandardInput(), let output = guardian.standardOutput else {
            throw Failure(description: "the guardian has no pipes")
        }
        StandardStreams.write(line: firstLine, to: input)
        close(input)
        guard let line = StandardStreams.readLine(from: output, limit: 64 << 10, within: limit) else {
            let words = (try? AtomicFile.read(log, limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
            _ = await guardian.end(grace: .seconds(5))
            throw Failure(
                description: "it was not ready within \(limit.inSeconds) s; its log says: \(words ?? "nothing")")
        }
        guard line.hasPrefix("{") else { throw Failure(description: line) }
        return line
    }
}
