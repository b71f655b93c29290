import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs programs that refuse to run as root.
///
/// Where we are root they get a user namespace in which our own id reads as that of `nobody`: outside they are still we,
/// so that private directories stay private and no file changes hands. An IPC namespace beside it takes along the shared
/// memory of a server that was killed.
enum Unprivileged {
    /// The id of `nobody`, which every system knows by name.
    private static let nobody = 65534

    /// The command that does what the given one says, without being root.
    static func command(_ executable: String, _ arguments: [String], search path: String) -> [String] {
        guard geteuid() == 0 else { return [executable] + arguments }
        let unshare = ProgramSearch.find("unshare", in: path) ?? "unshare"
        let mapping = ["--user", "--ipc", "--map-user=\(nobody)", "--map-group=\(nobody)"]
        return [unshare] + mapping + ["--", executable] + arguments
    }
}
