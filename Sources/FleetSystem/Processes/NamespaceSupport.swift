import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this system lets us do with namespaces.
public enum NamespaceSupport {
    /// Whether new namespaces need a user namespace around them, because we may not make them directly.
    public static var needsUserNamespace: Bool { fleet_may_create_namespaces() == 0 }

    /// Whether a program can be started in new namespaces here; the error says what forbids it.
    ///
    /// Tries it with `/bin/true`: the many switches that forbid it are not worth guessing.
    public static func check(_ setup: NamespaceSetup = NamespaceSetup()) async -> SpawnError? {
        do {
            let child = try Spawner.spawn(ProcessSpecification(executable: "true", namespaces: .create(setup)))
            if await child.exit(within: .seconds(10)) == nil { child.send(signal: SIGKILL) }
            return nil
        } catch {
            return error
        }
    }

    static func sharesUserNamespace(with processID: Int32) -> Bool {
        var ours = stat()
        var theirs = stat()
        guard stat("/proc/self/ns/user", &ours) == 0, stat("/proc/\(processID)/ns/user", &theirs) == 0 else {
            return true
        }
        return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev
    }
}
