import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes servers and removes them. What cannot be done whole is undone.
struct ServerWorkflow: Sendable {
    let registry: ServerRegistry
    let provider: LocalProvider
    let dns: DNSRegistrar
    let logger: Logger

    /// Makes every server of the order, or none: after a failure or a cancellation those already made are removed.
    func create(_ order: ServerOrder, task: TaskID, output: TaskOutput) async throws {
        guard !order.checkMode else { return try await checkCreation(order, output) }
        var begun: [String] = []
        do {
            for hostname in order.servers {
                try Task.checkCancellation()
                // The attempt that a restart cut short may have finished this one.
                if let done = await registry.server(hostname), done.createdBy == task, done.status == .running {
                    await output.add("\(hostname): is there already, by an earlier attempt of this task")
                    continue
                }
                try await registry.add(record(hostname, order, task))
                begun.append(hostname)
                try await make(hostname, output)
            }
        } catch {
            await output.add("failed: \(words(of: error))")
            await undo(begun.reversed(), output)
            throw error
        }
    }

    /// Removes every server of the order. One that is gone already is not an error: the order was carried out before.
    func delete(_ order: ServerOrder, output: TaskOutput) async throws {
        for hostname in order.servers {
            try Task.checkCancellation()
            guard let server = await registry.server(hostname) else {
                await output.add("\(hostname): is gone already")
                continue
            }
            if order.checkMode {
                await output.add("\(hostname): would be removed, with \(server.dnsName); nothing was changed")
                continue
            }
            try await remove(server, output)
        }
    }

    /// After a restart: servers that run are started again, those half made or half removed are removed.
    func recover() async {
        for server in await registry.all {
            switch server.status {
            case .running, .stopped: await restart(server)
            case .creating, .deleting:
                logger.warning("removing a server that a restart cut short", metadata: ["server": "\(server.hostname)"])
                await undo([server.hostname], TaskOutput())
            }
        }
    }
}

extension ServerWorkflow {
    private func record(_ hostname: String, _ order: ServerOrder, _ task: TaskID) -> ServerRecord {
        ServerRecord(
            id: UUID().uuidString.lowercased(), hostname: hostname, dnsName: dns.name(of: hostname).description,
            infra: order.infra, settings: order.settings, sshUser: provider.user.name, createdAt: .now(),
            createdBy: task, authorizedKeys: order.authorizedKeys)
    }

    private func make(_ hostname: String, _ output: TaskOutput) async throws {
        guard let planned = await registry.server(hostname) else { throw CancellationError() }
        try await checkName(hostname)
        let hostKey = try await provider.prepare(planned)
        let server = try await registry.change(hostname) { $0.sshHostKey = hostKey }
        let endpoint = try await start(server)
        await output.add("\(hostname): sshd answers on \(endpoint)")
        try await dns.register(hostname, address: endpoint.address)
        await output.add("\(hostname): \(server.dnsName) is \(endpoint.address), says the DNS server")
        try await registry.change(hostname) { $0.status = .running }
    }

    private func start(_ server: ServerRecord) async throws -> SSHEndpoint {
        let avoiding = await registry.addresses
        let running = try await provider.start(server, avoiding: avoiding)
        await registry.attach(running, to: server.hostname)
        let endpoint = running.endpoint
        try await registry.change(server.hostname) {
            $0.address = endpoint.address
            $0.sshPort = endpoint.port
        }
        return endpoint
    }

    private func remove(_ server: ServerRecord, _ output: TaskOutput) async throws {
        let hostname = server.hostname
        let before = server.status == .stopped ? .running : server.status
        try await registry.change(hostname) { $0.status = .deleting }
        do { try await dns.unregister(hostname) } catch {
            // Nothing else was touched yet, so the server is what it was.
            try await registry.change(hostname) { $0.status = before }
            throw error
        }
        await output.add("\(hostname): \(server.dnsName) is no more, says the DNS server")
        await registry.detach(hostname)?.stop()
        try provider.remove(hostname)
        try await registry.forget(hostname)
        await output.add("\(hostname): stopped and removed")
    }

    /// Removes what there is of servers, as far as it goes; also in a cancelled task.
    private func undo(_ hostnames: [String], _ output: TaskOutput) async {
        // A task of its own, so that a cancellation that led here does not stop the undoing; awaited at once.
        await Task {
            for hostname in hostnames {
                await attempt("\(hostname): its name cannot be removed", output) {
                    try await checkName(hostname)
                    try await dns.unregister(hostname)
                }
                await registry.detach(hostname)?.stop()
                await attempt("\(hostname): cannot be removed", output) {
                    try provider.remove(hostname)
                    try await registry.forget(hostname)
                }
                await output.add("\(hostname): rolled back")
            }
        }.value
    }

    private func attempt(_ what: String, _ output: TaskOutput, _ body: () async throws -> Void) async {
        do { try await body() } catch {
            logger.error("\(what)", metadata: ["error": "\(words(of: error))"])
            await output.add("\(what): \(words(of: error))")
        }
    }

    private func restart(_ server: ServerRecord) async {
        do {
            let endpoint = try await start(server)
            try await dns.register(server.hostname, address: endpoint.address)
            try await registry.change(server.hostname) { record in
                record.status = .running
                for index in record.taskservs.indices { record.taskservs[index].status = .stopped }
            }
            logger.info("server started again", metadata: ["server": "\(server.hostname)", "at": "\(endpoint)"])
        } catch {
            logger.error(
                "a server cannot be started again",
                metadata: ["server": "\(server.hostname)", "error": "\(words(of: error))"])
        }
    }

    private func checkCreation(_ order: ServerOrder, _ output: TaskOutput) async throws {
        for hostname in order.servers {
            if await registry.server(hostname) != nil {
                throw PlatformError(.conflict, "there is a server \(hostname) already")
            }
            try await checkName(hostname)
            await output.add("\(hostname): would be made as \(dns.name(of: hostname)); nothing was changed")
        }
    }

    /// A name that belongs to something else in the zone, say its name server, is not taken away from it. One with an
    /// address of a server is what an orchestrator left that lost its data.
    private func checkName(_ hostname: String) async throws {
        let foreign = try await dns.addresses(of: dns.name(of: hostname)).first { !provider.network.contains($0) }
        guard let foreign else { return }
        throw PlatformError(
            .conflict, "the DNS has \(dns.name(of: hostname)) already, as \(foreign), which is no server of ours")
    }
}
