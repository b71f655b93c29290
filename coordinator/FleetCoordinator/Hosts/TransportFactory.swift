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
    let bundle: Bundle
    let packs: [Pack]
    let group: any EventLoopGroup

    func transport(for host: HostSpecification) -> any AgentTransport {
        switch host.connection {
        case .local:
            return LocalTransport(
                bundle: bundle, packs: packs, workdir: host.workdir.map(Self.expand) ?? Self.localWorkdir(host.id),
                group: group)
        case .ssh(let user, let name, let port):
            var logger = Logger(label: "ssh.\(host.id)")
            logger.logLevel = options.isVerbose ? .debug : .error
            let target = SSHTarget(
                host: name, port: port, user: user ?? Self.userName, identityFiles: identityFiles(host),
                knownHosts: knownHosts)
            return SSHTransport(
                target: target, bundle: bundle, packs: packs, workdir: host.workdir, group: group, logger: logger)
        }
    }

    private static var userName: String { ProcessInfo.processInfo.environment["USER"] ?? "root" }

    private static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? "/root" }

    private static func expand(_ path: String) -> String {
        path.hasPrefix("~/") ? "\(home)/\(path.dropFirst(2))" : path
    }

    private static func localWorkdir(_ host: HostID) -> String {
        "\(home)/.cache/provisioning-fleet/\(host.name)"
    }

    private func identityFiles(_ host: HostSpecification) -> [String] {
        if let identity = host.identity { return [identity] }
        return ["id_ed25519", "id_ecdsa"].map { "\(Self.home)/.ssh/\($0)" }
            .filter { FileManager.default.isReadableFile(atPath: $0) }
    }

    private var knownHosts: KnownHostsPolicy {
        KnownHostsPolicy(unknownHost: options.acceptsNewHostKeys ? .acceptNew : .refuse)
    }
}

/// The version of this program.
public enum ProgramVersion {
    /// Name and version, for people and for `hello`.
    public static let text = "provisioning-fleet 0.1.0"
}
