import FleetModel
import FleetProtocol
import FleetSSH
import FleetSuites
import Logging
import NIOCore

/// All links of a run.
final class Fleet: Sendable {
    let links: [HostID: HostLink]
    let identity: SessionIdentity
    private let transports: [HostID: any AgentTransport]
    private let ends: EndBoard

    /// Makes a link for each host; nothing is connected before `run`.
    init(
        preparation: Preparation, options: RunOptions, factory: TransportFactory, token: RunToken, events: EventMailbox
    ) throws {
        let identity = SessionIdentity(
            run: preparation.run, token: token, program: ProgramVersion.text,
            catalogue: try CatalogueDigest.digest(of: Catalogue.tests))
        let configuration = try ConfigurationFile.resolved(options.configuration)
        var transports: [HostID: any AgentTransport] = [:]
        var links: [HostID: HostLink] = [:]
        for host in preparation.hosts {
            let transport = factory.transport(for: host)
            var order = LaunchOrder(
                run: preparation.run, epoch: Epoch(rawValue: 1), token: identity.token,
                slots: preparation.slots(of: host), hostSlots: host.slots, lanes: host.environments,
                driver: host.driver, grace: options.grace, owner: RunOwner.text, keep: options.keep,
                adopts: options.skipsSetup)
            order.memory = host.memory
            order.niceness = host.niceness
            order.configuration = configuration.on(host, programs: options.platformPrograms)
            transports[host.id] = transport
            var patience = HostLink.Patience()
            patience.absence = options.grace
            links[host.id] = HostLink(
                host: host.id, transport: transport, order: order, identity: identity, patience: patience,
                resuming: preparation.resuming.map { $0.hosts[host.id] ?? RecoveredRun.Host() }
            ) { event in
                let id = host.id
                if event.mustBeKept {
                    await events.settle(.link(event), of: id)
                } else {
                    await events.deliver(.link(event), of: id)
                }
            }
        }
        self.identity = identity
        self.transports = transports
        self.links = links
        self.ends = EndBoard(expected: links.count)
    }

    /// Runs all links until each has ended or the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for (host, link) in links {
                group.addTask { [ends] in await ends.set(link.run(), for: host) }
            }
        }
    }

    /// Asks every agent to tear down and waits; hosts whose agent did not answer are swept over a new connection.
    ///
    /// - Parameters:
    ///   - limit: how long agents may take to say farewell.
    ///   - sweepLimit: how long cleaning a host whose agent did not may take.
    /// - Returns: What people should know of each host's end.
    func finish(limit: Duration, sweepLimit: Duration) async -> [JournalEntry.HostChange] {
        for link in links.values { link.finish(reason: "the run is over") }
        let ended = await ends.waitForAll(limit: limit)
        return await withTaskGroup(of: JournalEntry.HostChange?.self) { group in
            for (host, transport) in transports {
                let end = ended[host]
                group.addTask { await self.farewell(host, transport, end, sweepLimit) }
            }
            return await group.reduce(into: []) { changes, change in
                if let change { changes.append(change) }
            }
        }
    }

    private func farewell(
        _ host: HostID, _ transport: any AgentTransport, _ end: HostLink.End?, _ limit: Duration
    ) async -> JournalEntry.HostChange? {
        let message: String
        switch end {
        case .finished(leftovers: []): message = Self.kept(links[host]?.kept ?? [])
        case .finished(let leftovers): message = "its agent could not remove: \(leftovers.joined(separator: ", "))"
        case .abandoned, nil:
            switch links[host]?.reached {
            case .launched: message = await sweep(transport, limit)
            case .connecting:
                await transport.close()
                let text = "the run ended before it could be reached"
                return JournalEntry.HostChange(
                    host: host, state: .unavailable, epoch: Epoch(rawValue: 0), message: text)
            case .givenUp, nil: return nil
            }
        }
        await transport.close()
        return JournalEntry.HostChange(host: host, state: .finished, epoch: Epoch(rawValue: 0), message: message)
    }

    private static func kept(_ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        return
            "it keeps \(names.joined(separator: ", ")): `coordinator environments` tells of it, `teardown` removes it"
    }

    private func sweep(_ transport: any AgentTransport, _ limit: Duration) async -> String {
        await transport.close()
        do {
            let run = identity.run
            let leftovers = try await withTimeLimit(limit) { try await transport.sweep(.run(run)) }
            return leftovers.isEmpty
                ? "its agent did not say farewell; the host was cleaned"
                : "cleaning it left: \(leftovers.joined(separator: ", "))"
        } catch {
            return "it could not be reached to be cleaned; its agent ends by itself after the grace time: \(error)"
        }
    }
}

extension LinkEvent {
    /// Whether the link must not go on before the event is in the journal: a coordinator that resumes the run would
    /// otherwise look for the agent in the wrong place, or speak to it under a lease that is over.
    var mustBeKept: Bool {
        switch self {
        case .launched, .lost: true
        case .changed(let change): change.state == .lost
        case .ready, .result, .message, .trouble: false
        }
    }
}

/// Collects how each link ended.
private actor EndBoard {
    private let expected: Int
    private var ends: [HostID: HostLink.End] = [:]

    init(expected: Int) { self.expected = expected }

    func set(_ end: HostLink.End, for host: HostID) { ends[host] = end }

    func waitForAll(limit: Duration) async -> [HostID: HostLink.End] {
        let end = ContinuousClock.now + limit
        while ends.count < expected, ContinuousClock.now < end {
            // A cancelled wait is over at once: what is known by then is the answer.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        return ends
    }
}

extension TestConfiguration {
    /// What the agent of a host is told; nil when all is standard. To this machine programs are not copied.
    func on(_ host: HostSpecification, programs: String?) -> TestConfiguration? {
        var configuration = self
        if case .local = host.connection { configuration.platformPrograms = programs }
        return configuration == TestConfiguration() ? nil : configuration
    }
}
