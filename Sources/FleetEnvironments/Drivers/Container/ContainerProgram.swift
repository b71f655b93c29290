import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command line of docker or podman on this host.
struct ContainerProgram: Sendable, Hashable {
    /// The path of the program.
    let path: String
    /// Its name, `docker` or `podman`.
    let name: String
    /// Whether this host may not raise limits of processes, as podman otherwise does for every container.
    let lacksLimits: Bool

    /// The program of this host: podman, else docker; nil when there is none.
    static func find(in path: String) -> ContainerProgram? {
        for name in ["podman", "docker"] {
            guard let found = ProgramSearch.find(name, in: path) else { continue }
            return ContainerProgram(path: found, name: name, lacksLimits: name == "podman" && mayNotRaiseLimits)
        }
        return nil
    }

    /// The arguments that come before every other.
    var globalArguments: [String] { lacksLimits ? ["--runtime", "runc"] : [] }

    /// The arguments that remove a container at once, with its unnamed volumes.
    var removal: [String] {
        let patience = name == "podman" ? ["--time", "0"] : []
        return ["rm", "--force", "--volumes"] + patience
    }

    /// The variables that the program needs: whose images and settings it uses, and the bearing of this host.
    func variables(configuration: String) -> [String: String] {
        var variables: [String: String] = [:]
        if let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir {
            variables["HOME"] = String(cString: home)
        }
        for name in ["XDG_RUNTIME_DIR", "DOCKER_HOST"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        let runtime = "/run/user/\(geteuid())"
        if variables["XDG_RUNTIME_DIR"] == nil, geteuid() != 0, access(runtime, W_OK) == 0 {
            variables["XDG_RUNTIME_DIR"] = runtime
        }
        if lacksLimits { variables["CONTAINERS_CONF"] = configuration }
        return variables
    }

    /// What the file has that `CONTAINERS_CONF` names: podman asks for no limits.
    static let configurationText = "[containers]\ndefault_ulimits = []\n"

    /// Runs a command of the program to its end; the error is what it said.
    func run(
        _ arguments: [String], configuration: String, search: String, within limit: Duration = .seconds(60)
    ) async -> Result<String, ContainerError> {
        let shown = ([name] + arguments).joined(separator: " ")
        var wanted = ProcessSpecification(executable: path, arguments: globalArguments + arguments)
        wanted.environment = ["PATH": search, "LANG": "C.UTF-8"].merging(
            variables(configuration: configuration)
        ) { $1 }
        wanted.workingDirectory = "/"
        wanted.standardOutput = .pipe
        wanted.standardError = .pipe
        do throws(SpawnError) {
            let child = try Spawner.spawn(wanted)
            let (output, errors) = (BoundedCapture(head: 1 << 20), BoundedCapture())
            if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
            if let descriptor = child.takeStandardError() { errors.start(descriptor) }
            let status = await child.exit(within: limit)
            if status == nil { child.send(signal: SIGKILL) }
            if !(await output.finished(within: .seconds(1))) { await output.stop() }
            if !(await errors.finished(within: .seconds(1))) { await errors.stop() }
            guard status == .exited(0) else {
                let words = errors.output.headText.split(separator: "\n").suffix(3).joined(separator: " | ")
                return .failure(ContainerError(description: "\(shown): \(words)"))
            }
            return .success(output.output.headText)
        } catch {
            return .failure(ContainerError(description: "\(shown): \(error)"))
        }
    }

    // CAP_SYS_RESOURCE, bit 24; without it runc cannot set the limits that podman asks for.
    private static var mayNotRaiseLimits: Bool {
        guard geteuid() == 0, let bytes = try? AtomicFile.read("/proc/self/status"),
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first(where: {
                $0.hasPrefix("CapEff:")
            }),
            let mask = UInt64(line.split(separator: "\t").last ?? "", radix: 16)
        else { return false }
        return mask & (1 << 24) == 0
    }
}

/// What a container program answered in place of doing what it was told.
struct ContainerError: Error, Hashable, Sendable, CustomStringConvertible {
    var description: String
}
