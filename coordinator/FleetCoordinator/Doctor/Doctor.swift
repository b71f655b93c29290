import FleetModel
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `doctor`: looks at every host, says what is lacking and what mends it.
public struct Doctor: Sendable {
    private let options: RunOptions
    private let console: Console
    private let group: any EventLoopGroup

    /// How long one installation may take.
    static let installLimit = Duration.seconds(900)

    /// Prepares to look at the hosts that the options name.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Looks at all hosts side by side and prints what it found.
    ///
    /// - Parameters:
    ///   - installs: whether the commands that mend something are run; then it looks again.
    ///   - asJSON: whether one JSON object is printed in place of the table.
    /// - Returns: `passed` when nothing lacks on any host, else `incomplete`.
    public func run(installs: Bool, asJSON: Bool) async -> RunStatus {
        do {
            let hosts = try Preparation.hosts(options)
            let factory = try await TransportFactory.visiting(hosts, options: options, group: group)
            let bundles = factory.bundles
            var found: [HostID: HostDiagnosis] = [:]
            await withTaskGroup(of: (HostID, HostDiagnosis).self) { tasks in
                for host in hosts {
                    let transport = factory.transport(for: host)
                    tasks.addTask {
                        let diagnosis = await treat(host, transport, bundles, installs: installs)
                        await transport.close()
                        return (host.id, diagnosis)
                    }
                }
                for await (host, diagnosis) in tasks { found[host] = diagnosis }
            }
            let diagnoses = hosts.compactMap { found[$0.id] }
            console.result(asJSON ? try json(diagnoses) : DoctorText(diagnoses).render())
            return diagnoses.allSatisfy { $0.state == .ready } ? .passed : .incomplete
        } catch {
            return console.tell(error)
        }
    }

    private func json(_ diagnoses: [HostDiagnosis]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(hosts: diagnoses)), as: UTF8.self)
    }

    private struct Document: Encodable {
        var schema = 1
        var hosts: [HostDiagnosis]
    }

    /// Looks, and where it may, mends and looks again, until nothing is left that another package could mend.
    private func treat(
        _ host: HostSpecification, _ transport: any HostTransport, _ bundles: BundleShelf, installs: Bool
    ) async -> HostDiagnosis {
        var diagnosis = await examine(host, transport, bundles)
        var installations: [HostDiagnosis.Installation] = []
        // What an agent lacks is known only when the agent runs, so that one installation may reveal the next.
        while installs, installations.count < 3, let command = diagnosis.mend,
            !installations.contains(where: { $0.command == command })
        {
            console.progress("\(host.id): \(command)")
            let end = await install(command, transport)
            installations.append(end)
            diagnosis = await examine(host, transport, bundles)
            if end.status != 0 { break }
        }
        diagnosis.installations = installations
        return diagnosis
    }

    private func install(_ command: String, _ transport: any HostTransport) async -> HostDiagnosis.Installation {
        // Nobody is there to answer a question of sudo or of a package.
        let words = command.replacing("sudo ", with: "sudo -n env DEBIAN_FRONTEND=noninteractive ")
        let script = "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; \(words) </dev/null 2>&1\n"
        do throws(LinkError) {
            let end = try await transport.shell(script, limit: Self.installLimit)
            return .init(command: command, status: end.status, output: String((end.output + end.errors).suffix(4000)))
        } catch {
            return .init(command: command, status: -1, output: error.description)
        }
    }

    private func examine(
        _ host: HostSpecification, _ transport: any HostTransport, _ bundles: BundleShelf
    ) async -> HostDiagnosis {
        var diagnosis = HostDiagnosis(host)
        do throws(LinkError) {
            let facts = try await HostExamination.facts(of: transport, bundles: bundles)
            diagnosis.take(facts)
            diagnosis.clock = try await HostClock.ask(transport)
            diagnosis.findings += Examination(facts: facts, bundles: bundles).findings
            if let finding = diagnosis.clock?.finding { diagnosis.findings.append(finding) }
            try await lookAtForwarding(&diagnosis, transport)
            if !diagnosis.findings.contains(where: { $0.weight == .unusable }) {
                try await askAgent(&diagnosis, host, transport, bundles)
            }
            diagnosis.conclude()
        } catch {
            let wasReached = diagnosis.platform != nil
            diagnosis.findings.append(Finding(.unusable, error.description))
            diagnosis.conclude()
            diagnosis.state = wasReached ? .unusable : .unreachable
            diagnosis.failedStage = error.stage == HostExamination.stage ? nil : error.stage
        }
        return diagnosis
    }

    private func lookAtForwarding(
        _ diagnosis: inout HostDiagnosis, _ transport: any HostTransport
    ) async throws(LinkError) {
        switch try await transport.forwarding() {
        case .notNeeded: diagnosis.forwarding = "not needed"
        case .allowed: diagnosis.forwarding = "allowed"
        case .forbidden(let words):
            diagnosis.forwarding = "forbidden"
            diagnosis.findings.append(
                Finding(
                    .note, "it is reached through `agent connect`, because its SSH server forbids tunnels: \(words)"))
        }
    }

    /// Brings the programs there, as a run would, and lets the agent say what each mode lacks.
    private func askAgent(
        _ diagnosis: inout HostDiagnosis, _ host: HostSpecification, _ transport: any HostTransport,
        _ bundles: BundleShelf
    ) async throws(LinkError) {
        try await transport.prepare()
        // It comes only with a run that needs it.
        let brought = bundles.bringsSecretsServer ? ["--brings", Bundle.secretsServer] : []
        let end = try await transport.agent(["capabilities"] + brought)
        let line = end.output.split(whereSeparator: \.isNewline).last { $0.hasPrefix("{") }
        guard end.status == 0, let line,
            let report = try? JSONDecoder().decode(CapabilityReport.self, from: Data(line.utf8))
        else {
            let words = (end.errors + end.output).suffix(500)
            throw LinkError(.permanent, "our agent does not run there (status \(end.status)): \(words)")
        }
        diagnosis.take(report, for: host)
        let use = try await transport.agent(["status", "--json", "--workdir", try await transport.resolvedWorkdir()])
        if let first = use.output.firstIndex(of: "{"),
            let sessions = try? JSONDecoder().decode(SessionReport.self, from: Data(use.output[first...].utf8))
        {
            diagnosis.take(sessions)
        }
    }
}
