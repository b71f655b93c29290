import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Asks programs for their version.
enum ProgramVersion {
    /// The first line that a program prints when asked; nil when it fails, or says nothing within five seconds.
    static func firstLine(of executable: String, _ arguments: [String], path: String) async -> String? {
        var wanted = ProcessSpecification(executable: executable, arguments: arguments, environment: ["PATH": path])
        wanted.standardOutput = .pipe
        wanted.standardError = .output
        guard let child = try? Spawner.spawn(wanted) else { return nil }
        let capture = BoundedCapture(head: 4 << 10, tail: 0)
        if let descriptor = child.takeStandardOutput() { capture.start(descriptor) }
        let status = await child.exit(within: .seconds(5))
        if status == nil { child.send(signal: SIGKILL) }
        if !(await capture.finished(within: .seconds(1))) { await capture.stop() }
        guard status == .exited(0) else { return nil }
        return capture.output.headText.split(separator: "\n").first.map(String.init)
    }

    /// The last word of a line, which is where versions stand.
    static func lastWord(_ line: String?) -> String? { line?.split(separator: " ").last.map(String.init) }
}
