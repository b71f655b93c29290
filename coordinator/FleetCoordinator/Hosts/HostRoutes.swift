import FleetSSH

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

/// Settles by the user's OpenSSH configuration how each host of hosts.txt is reached.
struct HostRoutes {
    let surroundings: SSHConfig.Surroundings

    /// Who runs this program, with the files that OpenSSH reads.
    static var own: HostRoutes {
        let variables = ProcessInfo.processInfo.environment
        let entry = getpwuid(getuid())
        let name = entry?.pointee.pw_name.map { String(cString: $0) }
        let home = entry?.pointee.pw_dir.map { String(cString: $0) }
        return HostRoutes(
            surroundings: SSHConfig.Surroundings(
                home: variables["HOME"] ?? home ?? "/", user: name ?? variables["USER"] ?? "root", variables: variables)
        )
    }

    /// The hosts with their routes. The configuration is read only where a host needs it.
    ///
    /// - Throws: `InputErrors` with every fault for every host.
    func settle(_ hosts: [HostSpecification]) throws(InputErrors) -> [HostSpecification] {
        let isNeeded = hosts.contains { host in
            if case .ssh = host.connection { true } else { false }
        }
        guard isNeeded else { return hosts }
        let config = SSHConfig(surroundings)
        var settled: [HostSpecification] = []
        var errors: [InputError] = []
        for host in hosts {
            do throws(SSHConfigFaults) {
                settled.append(try settle(host, config))
            } catch {
                for error in error.faults.map(InputError.init) where !errors.contains(error) { errors.append(error) }
            }
        }
        guard errors.isEmpty else { throw InputErrors(errors) }
        return settled
    }

    private func settle(_ host: HostSpecification, _ config: SSHConfig) throws(SSHConfigFaults) -> HostSpecification {
        guard case .ssh(let user, let name, let port) = host.connection else { return host }
        var route = try config.resolve(name, user: user, port: port)
        // What hosts.txt says wins over the configuration.
        if let identity = host.identity { route.identityFiles = [identity] }
        var host = host
        host.route = route
        return host
    }
}

extension InputError {
    init(_ fault: SSHConfigFault) {
        self.init(
            file: fault.file, line: fault.line, column: fault.column, message: fault.message, advice: fault.advice)
    }
}
