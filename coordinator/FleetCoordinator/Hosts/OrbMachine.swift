import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A machine of OrbStack on this Mac, made if it is not there; then an ordinary SSH host behind OrbStack's own server.
struct OrbMachine: Sendable {
    /// OrbStack's SSH server, which listens on 127.0.0.1 only.
    static let standardPort = 32222
    /// The key that OrbStack makes for its own server, below the home directory.
    static let identity = ".orbstack/ssh/id_ed25519"

    /// How long each call may take, and a machine until it runs.
    struct Limits: Sendable {
        var question = Duration.seconds(30)
        var order = Duration.seconds(900)
        var start = Duration.seconds(180)
        /// The pause between two looks at a machine that starts.
        var pause = Duration.milliseconds(500)
    }

    let name: String
    /// The program `orb`; nil when there is none.
    let program: String?
    var limits = Limits()

    /// Finds the program in `PATH` and where OrbStack puts it.
    static func findProgram() -> String? {
        let variables = ProcessInfo.processInfo.environment
        let places = ["/usr/local/bin", "/opt/homebrew/bin", "\(variables["HOME"] ?? "")/.orbstack/bin"]
        return ProgramSearch.find("orb", in: ([variables["PATH"] ?? ""] + places).joined(separator: ":"))
    }

    /// The port of OrbStack's SSH server; tests name another by `FLEET_ORB_SSH_PORT`.
    static var port: Int {
        ProcessInfo.processInfo.environment["FLEET_ORB_SSH_PORT"].flatMap(Int.init) ?? standardPort
    }

    /// Makes and starts the machine where that is needed, and waits until it runs.
    ///
    /// - Returns: the name to log in with: the machine's ordinary user, `@`, the machine.
    func bringUp() async throws(LinkError) -> String {
        var info = try await look()
        if info == nil {
            let create = ["create", "--cpus", "4", "--memory", "8G", "--disk", "100G", "ubuntu", name]
            _ = try await order(create, limits.order)
            info = try await look()
        }
        let end = ContinuousClock.now + limits.start
        var wasStarted = false
        while ContinuousClock.now < end {
            switch info?.record.state {
            case "running": return "\(info?.record.config.default_username ?? "default")@\(name)"
            case "stopped" where !wasStarted:
                _ = try await order(["start", name], limits.order)
                wasStarted = true
            default:
                // OrbStack announces nothing; bounded by the limit, and over at once when cancelled.
                do { try await Task.sleep(for: limits.pause) } catch {
                    throw LinkError(.transient, "waiting for the machine \(name) was cancelled")
                }
            }
            info = try await look()
        }
        throw LinkError(
            .transient,
            "the OrbStack machine \(name) is “\(info?.record.state ?? "not there")” after \(limits.start); "
                + "see `orb info \(name)` and `orb logs \(name)`")
    }

    /// What `orb info` says, as far as we need it.
    private struct Info: Decodable {
        struct Record: Decodable {
            struct Config: Decodable {
                // As OrbStack spells it.
                var default_username: String?
            }

            var state: String
            var config: Config
        }

        var record: Record
    }

    /// Nil when there is no such machine.
    private func look() async throws(LinkError) -> Info? {
        let result = try await call(["info", name, "-f", "json"], limits.question)
        guard result.status == .exited(0) else { return nil }
        do {
            return try JSONDecoder().decode(Info.self, from: Data(result.output.utf8))
        } catch {
            throw LinkError(
                .permanent,
                "`orb info \(name) -f json` says something that is not understood: "
                    + "\(result.output.prefix(200)); this program knows OrbStack 2.2")
        }
    }

    private func order(_ arguments: [String], _ limit: Duration) async throws(LinkError) -> String {
        let result = try await call(arguments, limit)
        guard result.status == .exited(0) else {
            throw LinkError(
                .permanent,
                "`orb \(arguments.joined(separator: " "))` ended with \(result.status): \(result.errors.suffix(500)); "
                    + "try it by hand (OrbStack 2.2 or later is needed)")
        }
        return result.output
    }

    private func call(
        _ arguments: [String], _ limit: Duration
    ) async throws(LinkError) -> (status: FleetSystem.ExitStatus, output: String, errors: String) {
        guard let program else {
            throw LinkError(
                .permanent,
                "orb:\(name) is a machine of OrbStack, and there is no program `orb` here: install it on a Mac with "
                    + "`brew install orbstack`, or name the machine by its SSH address")
        }
        do {
            let child = try Spawner.spawn(
                ProcessSpecification(
                    executable: program, arguments: arguments, environment: ProcessInfo.processInfo.environment,
                    standardOutput: .pipe, standardError: .pipe))
            let (output, errors) = (BoundedCapture(head: 1 << 20), BoundedCapture())
            if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
            if let descriptor = child.takeStandardError() { errors.start(descriptor) }
            let status = await withTaskCancellationHandler {
                await child.exit(within: limit)
            } onCancel: {
                child.send(signal: SIGTERM)
            }
            guard let status else {
                _ = await child.end(grace: .seconds(1))
                throw TimeLimitExceeded(limit: limit)
            }
            _ = await output.finished(within: .seconds(1))
            await output.stop()
            await errors.stop()
            return (status, output.output.headText, errors.output.headText)
        } catch {
            throw LinkError(.transient, "`orb \(arguments.joined(separator: " "))`: \(error)")
        }
    }
}
