public import FleetModel
import FleetReports
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `setup`: brings an environment up on every host, to play with; it stays until `teardown`.
public struct Setup: Sendable {
    private let options: RunOptions
    private let console: Console
    private let group: any EventLoopGroup

    /// Prepares a visit to the hosts that the options name.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Brings the environments up side by side; incomplete when one did not come up.
    public func run(mode: Mode, name: String) async -> RunStatus {
        do {
            let configuration = try ConfigurationFile.resolved(options.configuration)
            let hosts = try Preparation.hosts(options)
            var factory = try await TransportFactory.visiting(hosts, options: options, group: group)
            factory.needsSecretsServer = mode == .enterprise
            let transports = hosts.map { ($0, factory.transport(for: $0)) }
            return await withTaskGroup(of: Bool.self) { tasks in
                for (host, transport) in transports {
                    tasks.addTask {
                        let words = configuration.on(host, programs: options.platformPrograms)
                        let isUp = await bringUp(host, transport, mode, name, words)
                        await transport.close()
                        return isUp
                    }
                }
                return await tasks.reduce(true) { $0 && $1 } ? .passed : .incomplete
            }
        } catch {
            return console.tell(error)
        }
    }

    private func bringUp(
        _ host: HostSpecification, _ transport: any HostTransport, _ mode: Mode, _ name: String,
        _ configuration: TestConfiguration?
    ) async -> Bool {
        do {
            try await transport.prepare()
            var arguments = [
                "environment", "up", "--mode", mode.rawValue, "--name", name, "--workdir",
                try await transport.resolvedWorkdir(),
            ]
            if let driver = host.driver { arguments += ["--driver", driver.rawValue] }
            if let memory = host.memory { arguments += ["--memory", "\(memory)"] }
            if host.niceness > 0 { arguments += ["--nice", "\(host.niceness)"] }
            var input = ""
            if let configuration {
                arguments += ["--config", "-"]
                input = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
            }
            let limit = options.configuration.environment.readySeconds + 60
            let outcome = try await transport.agent(arguments, input: input, limit: .seconds(limit))
            guard outcome.status == 0 else {
                console.error("\(host.id): \(outcome.errors)")
                return false
            }
            console.result("\(host.id): \(PlainText.block(outcome.output))")
            return true
        } catch {
            console.error("\(host.id): \(error)")
            return false
        }
    }
}
