import FleetModel
import FleetProtocol
import FleetReports
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `environments`: which environments are kept on the hosts.
public struct Environments: Sendable {
    private let options: RunOptions
    private let console: Console
    private let group: any EventLoopGroup

    /// Prepares a look at the hosts that the options name.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Looks at all hosts side by side; incomplete when one could not be looked at.
    public func run(asJSON: Bool) async -> RunStatus {
        do {
            let hosts = try Preparation.hosts(options)
            let factory = try await TransportFactory.visiting(hosts, options: options, group: group)
            let transports = hosts.map { ($0.id, factory.transport(for: $0)) }
            let answers = await withTaskGroup(of: Answer.self) { tasks in
                for (host, transport) in transports { tasks.addTask { await look(host, transport) } }
                return await tasks.reduce(into: []) { $0.append($1) }
            }.sorted { $0.host < $1.host }
            for answer in answers { if let error = answer.error { console.error("\(answer.host): \(error)") } }
            let lines = answers.flatMap { answer in answer.environments.map { Line(host: answer.host, environment: $0) }
            }
            console.result(asJSON ? try Self.json(lines) : Self.text(lines))
            return answers.allSatisfy { $0.error == nil } ? .passed : .incomplete
        } catch {
            return console.tell(error)
        }
    }

    private struct Answer {
        var host: HostID
        var environments: [KeptEnvironment] = []
        var error: String?
    }

    /// An environment and its host, as `--json` prints them.
    private struct Line: Encodable {
        var host: HostID
        var environment: KeptEnvironment
    }

    private func look(_ host: HostID, _ transport: any HostTransport) async -> Answer {
        do {
            let found = try await KeptEnvironment.all(on: transport)
            await transport.close()
            return Answer(host: host, environments: found)
        } catch {
            await transport.close()
            return Answer(host: host, error: "\(error)")
        }
    }

    private static func text(_ lines: [Line]) -> String {
        guard !lines.isEmpty else { return "no environment is kept" }
        return lines.map { line in
            let environment = line.environment
            let left = environment.secondsLeft.map { ", \(SlotWords.length($0)) left" } ?? ""
            let use = environment.isAdopted ? ", used by a run" : ""
            let services = environment.services.map { "\($0.name) (\($0.version))" }.joined(separator: ", ")
            let words = """
                \(line.host)  \(environment.name)  \(environment.mode), \(environment.driver.rawValue), \
                since \(SlotWords.length(environment.seconds))\(left)\(use): \(environment.reason); \(services)
                """
            return PlainText.line(words)
        }.joined(separator: "\n")
    }

    private static func json(_ lines: [Line]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(lines), as: UTF8.self)
    }
}

/// A kept environment, as `agent environment status --json` tells of it.
struct KeptEnvironment: Hashable, Sendable, Codable {
    var name: String
    var mode: Mode
    var driver: Driver
    var services: [ServiceInfo]
    var endpoints: Endpoints
    /// For how long it has been kept, and for how long it still is; in seconds.
    var seconds: Double
    var secondsLeft: Double?
    var reason: String
    var isAdopted: Bool

    /// All that a host keeps. A host on which nothing of ours is left needs no program of ours to find that out.
    static func all(on transport: any HostTransport) async throws -> [KeptEnvironment] {
        let script = """
            for entry in \(transport.workdirWord)/sessions/* \(transport.workdirWord)/environments/*; do
                [ -d "$entry" ] && echo fleet:remains
            done
            exit 0

            """
        guard try await transport.shell(script, limit: .seconds(30)).output.contains("fleet:remains") else { return [] }
        try await transport.prepare()
        let workdir = try await transport.resolvedWorkdir()
        let outcome = try await transport.agent(["environment", "status", "--workdir", workdir, "--json"])
        guard outcome.status == 0, let start = outcome.output.firstIndex(of: "[") else {
            throw LinkError(.permanent, "the agent did not say which environments there are: \(outcome.errors)")
        }
        return try JSONDecoder().decode([KeptEnvironment].self, from: Data(outcome.output[start...].utf8))
    }
}
