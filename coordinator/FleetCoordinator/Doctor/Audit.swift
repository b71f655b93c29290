import FleetModel
import FleetReports
import FleetSystem
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `audit`: proves that runs leave nothing on hosts, by what is there before and after.
public struct Audit: Sendable {
    private let options: RunOptions
    private let console: Console
    private let group: any EventLoopGroup

    /// Prepares to look at the hosts that the options name.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Looks at all hosts side by side; writes down what is there, or compares.
    ///
    /// - Parameters:
    ///   - save: where the snapshot goes; nil for nowhere.
    ///   - before: an earlier snapshot to compare with; nil looks only for what is known to be of a run.
    /// - Returns: `passed` when nothing stayed, `failed` when something did, `incomplete` when a host could not be seen.
    public func run(save: String?, before: String?) async -> RunStatus {
        do {
            let hosts = try Preparation.hosts(options)
            let earlier = try before.map(AuditSnapshot.load)
            let factory = try await TransportFactory.visiting(hosts, options: options, group: group)
            var seen: [String: Swift.Result<HostSnapshot, LinkError>] = [:]
            await withTaskGroup(of: (String, Swift.Result<HostSnapshot, LinkError>).self) { tasks in
                for host in hosts {
                    let transport = factory.transport(for: host)
                    tasks.addTask { (host.id.name, await look(transport)) }
                }
                for await (host, result) in tasks { seen[host] = result }
            }
            let snapshot = AuditSnapshot(time: WallClock.timestamp, hosts: seen.compactMapValues { try? $0.get() })
            if let save { try write(snapshot, to: save) }
            let names = hosts.map(\.id.name)
            return save != nil && before == nil
                ? told(names, seen, save: save ?? "") : compared(names, seen, with: earlier)
        } catch {
            return console.tell(error)
        }
    }

    /// Brings the programs there first, so that they are no difference between before and after.
    private func look(_ transport: any HostTransport) async -> Swift.Result<HostSnapshot, LinkError> {
        let result: Swift.Result<HostSnapshot, LinkError>
        do throws(LinkError) {
            try await transport.prepare()
            let end = try await transport.agent(["snapshot", "--workdir", try await transport.resolvedWorkdir()])
            let line = end.output.split(whereSeparator: \.isNewline).last { $0.hasPrefix("{") }
            guard end.status == 0, let line,
                let snapshot = try? JSONDecoder().decode(HostSnapshot.self, from: Data(line.utf8))
            else {
                let words = (end.errors + end.output).suffix(500)
                throw LinkError(.permanent, "our agent does not run there (status \(end.status)): \(words)")
            }
            result = .success(snapshot)
        } catch {
            result = .failure(error)
        }
        await transport.close()
        return result
    }

    private func write(_ snapshot: AuditSnapshot, to path: String) throws {
        do {
            try AtomicFile.write(try snapshot.encoded(), to: path)
        } catch {
            throw OutputError(path: path, action: "write", reason: "\(error)")
        }
    }

    private func told(
        _ names: [String], _ seen: [String: Swift.Result<HostSnapshot, LinkError>], save: String
    ) -> RunStatus {
        var isComplete = true
        for name in names {
            switch seen[name] {
            case .success(let snapshot)?: console.result("\(name): \(snapshot.items.count) things noted")
            case .failure(let error)?:
                console.error("\(name): \(error)")
                isComplete = false
            case nil: isComplete = false
            }
        }
        console.result("compare after the run with: coordinator audit --agents FILE --before \(Shell.quote(save))")
        return isComplete ? .passed : .incomplete
    }

    private func compared(
        _ names: [String], _ seen: [String: Swift.Result<HostSnapshot, LinkError>], with earlier: AuditSnapshot?
    ) -> RunStatus {
        var status = RunStatus.passed
        for name in names {
            guard case .success(let now)? = seen[name] else {
                if case .failure(let error)? = seen[name] { console.error("\(name): \(error)") }
                if status == .passed { status = .incomplete }
                continue
            }
            let before = earlier?.hosts[name]
            if earlier != nil, before == nil {
                console.error("\(name): the snapshot does not have this host")
                if status == .passed { status = .incomplete }
            }
            let comparison = before.map { AuditComparison(before: $0, now: now) } ?? AuditComparison(now: now)
            for line in comparison.stayed { console.result("\(name): stayed: \(PlainText.line(line))") }
            for line in comparison.gone { console.result("\(name): gone: \(PlainText.line(line))") }
            if comparison.isClean { console.result("\(name): nothing stayed") } else { status = .failed }
        }
        return status
    }
}
