import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Own network, mounts, processes and host name: standard ports never collide, and the end of the keeper, which is
/// process 1, ends everything.
struct NamespaceDriver: EnvironmentDriver {
    var driver: Driver { .namespace }

    func problem(with plan: EnvironmentPlan) async -> EnvironmentFailure? {
        guard let error = await NamespaceSupport.check() else { return nil }
        return EnvironmentFailure(
            kind: .driver, tried: "new namespaces for the driver namespace", happened: "\(error)",
            advice: "allow user namespaces (user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns), "
                + "or choose the driver process")
    }

    func namespaces(for plan: EnvironmentPlan, keeper: String) -> NamespaceChoice {
        // What the environment must see although its /tmp and /run are its own.
        let kept = [plan.directory, plan.bundle, directory(of: keeper)] + plan.keptPaths
        let existing = kept.filter { access($0, F_OK) == 0 }
        return .create(NamespaceSetup(hostname: hostname(for: plan.name), keptPaths: existing))
    }

    func port(standard: Int) -> PortChoice { .fixed(standard) }

    func prepare(_ plan: EnvironmentPlan) async throws(EnvironmentFailure) {
        // The usual places of programs that want a directory below /run, which is empty and ours.
        for directory in ["/run/sshd", "/run/knot"] where mkdir(directory, 0o755) != 0 && errno != EEXIST {
            throw failure(SystemCallError(call: "mkdir", subject: directory))
        }
    }

    private func hostname(for name: String) -> String {
        let allowed = name.lowercased().utf8.filter { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        return String(decoding: allowed.prefix(63), as: UTF8.self)
    }

    private func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
