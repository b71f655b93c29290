import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs one program that has to end well before a service starts.
struct ServicePreparation: Sendable {
    let preparation: ServiceLaunch.Preparation
    let service: String
    let surroundings: ServiceSurroundings
    /// Variables beside those of all services.
    let variables: [String: String]
    let deadline: ContinuousClock.Instant
    let stops: [OneShot<Void>]

    /// Runs it, unless it has ended well before.
    func run() async throws(EnvironmentFailure) {
        if let marker = preparation.marker, access(marker, F_OK) == 0 { return }
        var wanted = ProcessSpecification(
            executable: preparation.executable, arguments: preparation.arguments,
            environment: surroundings.environment.merging(variables) { $1 }, workingDirectory: surroundings.directory)
        wanted.standardInput = .pipe
        wanted.standardOutput = .pipe
        wanted.standardError = .output
        let child: ChildProcess
        do throws(SpawnError) {
            child = try Spawner.spawn(wanted)
        } catch {
            throw failure("\(error)")
        }
        let capture = BoundedCapture()
        if let descriptor = child.takeStandardOutput() { capture.start(descriptor) }
        if let input = child.takeStandardInput() {
            // What is written is shorter than a pipe is deep, so that nobody waits here.
            try? LineWriter.write(Array(preparation.input.utf8), to: input)
            close(input)
        }
        let status = await end(of: child)
        if !(await capture.finished(within: .seconds(1))) { await capture.stop() }
        let output = capture.output.headText + capture.output.tailText
        let hasFailed = preparation.failureWords.contains { output.contains($0) }
        guard preparation.mayFail || (status == .exited(0) && !hasFailed) else {
            let lines = output.split(separator: "\n").suffix(20).map { String($0.prefix(500)) }
            throw failure(status.map { "it ended: \($0)" } ?? "it did not end in time").withLog(lines)
        }
        guard let marker = preparation.marker else { return }
        do throws(SystemCallError) {
            try AtomicFile.write([], to: marker)
        } catch {
            throw failure("\(error)")
        }
    }

    // Nil when it had to be killed.
    private func end(of child: ChildProcess) async -> ExitStatus? {
        while ContinuousClock.now < deadline, !stops.contains(where: { $0.current != nil }) {
            if let status = await child.exit(within: .milliseconds(50)) { return status }
        }
        child.send(signal: SIGKILL)
        _ = await child.exit(within: .seconds(5))
        return nil
    }

    private func failure(_ happened: String) -> EnvironmentFailure {
        let command = ([preparation.executable] + preparation.arguments).joined(separator: " ")
        return EnvironmentFailure(
            kind: .start, service: service, tried: "\(preparation.purpose) with \(command)", happened: happened)
    }
}
