import FleetModel
import FleetProtocol
import FleetReports
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `teardown`: sweeps every host of what earlier runs left.
public struct Teardown: Sendable {
    private let options: RunOptions
    private let console: Console
    private let group: any EventLoopGroup

    /// Prepares a sweep of the hosts that the options name.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Sweeps all hosts side by side; incomplete when something stayed or a host could not be reached.
    ///
    /// - Parameters:
    ///   - force: Whether agents that are alive are ended, too.
    ///   - logs: A directory that gets the logs of all kept environments first; nil leaves them.
    public func run(force: Bool, logs: String? = nil) async -> RunStatus {
        do {
            let hosts = try Preparation.hosts(options)
            let factory = try await TransportFactory.visiting(hosts, options: options, group: group)
            let transports = hosts.map { ($0.id, factory.transport(for: $0)) }
            return await withTaskGroup(of: Bool.self) { tasks in
                for (host, transport) in transports {
                    tasks.addTask { await sweep(host, transport, force: force, logs: logs) }
                }
                return await tasks.allSatisfy { $0 } ? .passed : .incomplete
            }
        } catch {
            return console.tell(error)
        }
    }

    private func sweep(_ host: HostID, _ transport: any HostTransport, force: Bool, logs: String?) async -> Bool {
        do {
            if let logs { try await collectLogs(of: host, transport, into: logs) }
            let leftovers = try await leftovers(on: transport, force: force)
            await transport.close()
            let left = PlainText.line(leftovers.joined(separator: ", "))
            console.result(leftovers.isEmpty ? "\(host): clean" : "\(host): left \(left)")
            return leftovers.isEmpty
        } catch {
            await transport.close()
            console.error("\(host): \(error)")
            return false
        }
    }

    /// A host on which nothing of ours is left needs no program of ours to find that out.
    private func leftovers(on transport: any HostTransport, force: Bool) async throws -> [String] {
        let script = """
            for entry in \(transport.workdirWord)/sessions/* \(transport.workdirWord)/environments/*; do
                [ -d "$entry" ] && echo fleet:remains
            done
            exit 0

            """
        guard try await transport.shell(script, limit: .seconds(30)).output.contains("fleet:remains") else { return [] }
        try await transport.prepare()
        return try await transport.sweep(force ? .all : .kept)
    }

    /// Writes `DIRECTORY/HOST/ENVIRONMENT/SERVICE.log` for every kept environment of a host.
    private func collectLogs(of host: HostID, _ transport: any HostTransport, into directory: String) async throws {
        for environment in try await KeptEnvironment.all(on: transport) {
            let folder = "\(directory)/\(host)/\(environment.name)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for service in environment.services {
                let outcome = try await transport.agent([
                    "environment", "logs", service.name, "--name", environment.name, "--workdir",
                    try await transport.resolvedWorkdir(),
                ])
                guard outcome.status == 0 else {
                    console.error("\(host): \(environment.name): \(PlainText.line(outcome.errors))")
                    continue
                }
                try OutputFiles.write(Array(outcome.output.utf8), to: "\(folder)/\(service.name).log")
            }
            console.progress("\(host): the logs of \(environment.name) are in \(folder)")
        }
    }
}
