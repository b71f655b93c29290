import FleetModel
import FleetSSH
import Logging
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Chooses how a host is reached from what hosts.txt says.
struct TransportFactory {
    let options: RunOptions
    let bundles: BundleShelf
    let packs: [Pack]
    let group: any EventLoopGroup
    /// Whether a test wants the mode enterprise.
    var needsSecretsServer = false
    let unlocker: KeyUnlocker

    func transport(for host: HostSpecification) -> any HostTransport {
        let bundles = bundles(for: host)
        switch host.connection {
        case .local:
            return LocalTransport(
                bundles: bundles, packs: packs, workdir: host.workdir.map(Self.expand) ?? Self.localWorkdir(host.id),
                group: group)
        case .ssh:
            return SSHTransport(
                target: target(of: host), bundles: bundles, packs: packs, workdir: host.workdir, group: group,
                logger: logger(for: host))
        case .orb(let name):
            return SSHTransport(
                target: target(of: host, orb: name),
                machine: OrbMachine(name: name, program: OrbMachine.findProgram()), bundles: bundles, packs: packs,
                workdir: host.workdir, group: group, logger: logger(for: host))
        }
    }

    /// A host that never has the mode enterprise is spared its large server; where it cannot be read, it is left out.
    private func bundles(for host: HostSpecification) -> BundleShelf {
        guard needsSecretsServer, host.modes?.contains(.enterprise) ?? true else { return bundles }
        return (try? bundles.withSecretsServer()) ?? bundles
    }

    /// OrbStack's own server and key; which user, the machine says.
    private func target(of host: HostSpecification, orb machine: String) -> SSHTarget {
        var target = SSHTarget(
            host: "127.0.0.1", port: OrbMachine.port, user: "default@\(machine)",
            identityFiles: [host.identity ?? "\(Self.home)/\(OrbMachine.identity)"],
            knownHosts: KnownHostsPolicy(unknownHost: options.acceptsNewHostKeys ? .acceptNew : .refuse))
        target.identitiesOnly = true
        target.identityAgent = .none
        return target
    }

    /// For a command that visits hosts without running tests there.
    ///
    /// - Throws: what is wrong with the directory of bundles.
    static func visiting(
        _ hosts: [HostSpecification], options: RunOptions, group: any EventLoopGroup
    ) async throws -> TransportFactory {
        let factory = TransportFactory(
            options: options,
            bundles: try BundleShelf(
                directory: options.bundleDirectory, userPrograms: options.platformPrograms), packs: [], group: group,
            unlocker: PassphrasePrompt.unlocker())
        await factory.unlockKeys(for: hosts)
        return factory
    }

    /// What decides which keys are offered to a host and to those on the way to it.
    private struct KeySource: Hashable {
        var files: [String]?
        var agent: SSHHostSettings.Agent
        var proxy: SSHHostSettings.Proxy
    }

    /// Asks for the passphrases that the hosts' keys need, one after the other, while nothing is drawn on the terminal
    /// yet; afterwards nobody is asked any more.
    func unlockKeys(for hosts: [HostSpecification]) async {
        var seen: Set<KeySource> = []
        for host in hosts {
            guard let route = host.route else { continue }
            let source = KeySource(files: route.identityFiles, agent: route.agent, proxy: route.proxy)
            guard seen.insert(source).inserted else { continue }
            await SSHConnection.unlockKeys(of: target(of: host), on: group, logger: logger(for: host))
        }
        await unlocker.seal()
    }

    private func target(of host: HostSpecification) -> SSHTarget {
        guard let route = host.route else { preconditionFailure("Preparation.hosts settles how a host is reached") }
        var target = SSHTarget(
            route, acceptsNewHostKeys: options.acceptsNewHostKeys, unlocker: unlocker,
            startProxy: ProxyCommandProgram.start)
        // A key that hosts.txt names must be usable; of those of the configuration the ones that are are taken.
        if let identity = host.identity {
            target.identityFiles = [identity]
            target.needsIdentityFiles = true
        }
        return target
    }

    private func logger(for host: HostSpecification) -> Logger {
        var logger = Logger(label: "ssh.\(host.id)")
        logger.logLevel = options.isVerbose ? .debug : .error
        return logger
    }

    private static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? "/root" }

    private static func expand(_ path: String) -> String {
        path.hasPrefix("~/") ? "\(home)/\(path.dropFirst(2))" : path
    }

    private static func localWorkdir(_ host: HostID) -> String {
        "\(home)/.cache/provisioning-fleet/\(host.name)"
    }
}

/// The version of this program.
public enum ProgramVersion {
    /// Name and version, for people and for `hello`.
    public static let text = "provisioning-fleet 0.1.0"
}
