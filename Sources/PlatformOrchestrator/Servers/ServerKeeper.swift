import FleetSystem
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process that holds one server: it starts the server's sshd, adopts whatever its sessions leave behind, and ends
/// all of it.
///
/// It ends when its standard input ends (the orchestrator is gone, however it went, or wants it to end), or when sshd
/// ends. What a taskserv left running has the keeper as its parent then (it is a child subreaper) and goes with it.
public enum ServerKeeper {
    /// How long an event may go unnoticed.
    private static let turn = Duration.milliseconds(100)
    /// The time in which everything must be gone.
    private static let patience = Duration.seconds(5)

    /// Runs sshd with that configuration until the end. Returns the exit status: 0 for an end that was wanted.
    public static func run(configuration: String) async -> Int32 {
        do {
            try ProcessTree.becomeSubreaper()
            try makePrivilegeSeparationDirectory()
            let sshd = try Spawner.spawn(
                ProcessSpecification(
                    executable: "/usr/sbin/sshd", arguments: ["-D", "-e", "-f", configuration],
                    environment: CommandRunner.environment, standardError: .inherit))
            while await sshd.exit(within: turn) == nil, !hasInputEnded() {
                // A dead daemon that nobody collects looks alive to `kill -0`.
                ProcessTree.reapOrphans()
            }
            let leftovers = await ProcessTree.killChildren(within: patience)
            if !leftovers.isEmpty { report("still running: \(leftovers.map(\.processID))") }
            return hasInputEnded() && leftovers.isEmpty ? 0 : 1
        } catch {
            report("the server's sshd cannot be started: \(error)")
            return 1
        }
    }

    private static func hasInputEnded() -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// Only root's sshd needs the directory; in a fresh mount of /run it is missing.
    private static func makePrivilegeSeparationDirectory() throws {
        guard getuid() == 0, mkdir("/run/sshd", 0o755) != 0, errno != EEXIST else { return }
        throw SystemCallError(call: "mkdir", subject: "/run/sshd")
    }

    private static func report(_ text: String) {
        let line = Array("keeper: \(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
