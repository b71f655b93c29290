import Logging
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes servers, changes them and removes them. What cannot be done whole is undone.
struct ServerWorkflow: Sendable {
    let registry: ServerRegistry
    let providers: Providers
    let dns: DNSBook
    let logger: Logger

    /// Makes every server of the order, or none: after a failure or a cancellation those already made are removed.
    func create(_ order: ServerOrder, task: TaskID, output: TaskOutput) async throws {
        let provider = try providers.named(order.provider)
        let placement = try provider.placement(zone: order.zone, plan: order.plan)
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
                try await registry.add(record(hostname, order, placement, provider, task))
                begun.append(hostname)
                try await make(hostname, with: provider, output)
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
        // Some at a time, or the start of many would take as long as all of them together. None of them throws.
        _ = try? await mapConcurrently(await registry.all) { server in
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
    private func record(
        _ hostname: String, _ order: ServerOrder, _ placement: Placement, _ provider: any ServerProvider, _ task: TaskID
    ) -> ServerRecord {
        ServerRecord(
            id: UUID().uuidString.lowercased(), hostname: hostname,
            dnsName: dns.client.name(of: hostname).description, provider: provider.name, zone: placement.zone,
            plan: placement.plan, simulated: provider.isSimulated, infra: order.infra, settings: order.settings,
            createdAt: .now(), createdBy: task, authorizedKeys: order.authorizedKeys, tags: order.tags)
    }

    private func make(_ hostname: String, with provider: any ServerProvider, _ output: TaskOutput) async throws {
        guard let planned = await registry.server(hostname) else { throw CancellationError() }
        let provided = try await provider.create(planned, avoiding: await registry.addresses)
        let server = try await enter(provided, hostname)
        let place =
            provided.sshPort.map { "sshd answers on \(provided.address) port \($0)" } ?? "has \(provided.address)"
        await output.add("\(hostname): \(place)\(provider.isSimulated ? " (simulated by \(provider.name))" : "")")
        try await register(server, provided.address, output)
        try await registry.change(hostname) { $0.status = .running }
    }

    /// What the provider says of a server goes into its record.
    @discardableResult
    func enter(_ provided: ProvidedServer, _ hostname: String) async throws -> ServerRecord {
        try await registry.change(hostname) {
            $0.providerID = provided.id
            $0.address = provided.address
            $0.sshPort = provided.sshPort
            $0.sshUser = provided.sshUser
            $0.sshHostKey = provided.sshHostKey
        }
    }

    /// Gives the server's name its address.
    func register(_ server: ServerRecord, _ address: IPv4Address, _ output: TaskOutput) async throws {
        let name = dns.client.name(of: server.hostname)
        switch try await dns.set(name, [DNSEntry(address, ttl: dns.ttl)], owner: .server) {
        case .fulfilled: await output.add("\(server.hostname): \(name) is \(address), says the DNS server")
        case .waiting(let reason):
            await output.add("\(server.hostname): \(name) will be \(address) as soon as it can be: \(reason)")
        case .leftOut: await output.add("\(server.hostname): \(name) is not registered, as the settings want it")
        }
    }

    private func remove(_ server: ServerRecord, _ output: TaskOutput) async throws {
        let hostname = server.hostname
        let before = server.status == .stopped ? .running : server.status
        try await registry.change(hostname) { $0.status = .deleting }
        do { try await unregister(hostname, output) } catch {
            // Nothing else was touched yet, so the server is what it was.
            try await registry.change(hostname) { $0.status = before }
            throw error
        }
        try await providers.of(server).remove(hostname)
        try await registry.forget(hostname)
        await output.add("\(hostname): stopped and removed")
    }

    private func unregister(_ hostname: String, _ output: TaskOutput) async throws {
        let name = dns.client.name(of: hostname)
        switch try await dns.remove(name, owner: .server) {
        case .fulfilled: await output.add("\(hostname): \(name) is no more, says the DNS server")
        case .waiting(let reason): await output.add("\(hostname): \(name) will go as soon as it can: \(reason)")
        case .leftOut: break
        }
    }

    /// Removes what there is of servers, as far as it goes; also in a cancelled task.
    func undo(_ hostnames: [String], _ output: TaskOutput) async {
        // A task of its own, so that a cancellation that led here does not stop the undoing; awaited at once.
        await Task {
            for hostname in hostnames {
                await attempt("\(hostname): its name cannot be removed", output) {
                    try await unregister(hostname, output)
                }
                await attempt("\(hostname): cannot be removed", output) {
                    if let server = await registry.server(hostname) { try await providers.of(server).remove(hostname) }
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

    /// Starts a server that should run, and sees to its name. Its daemons did not survive.
    func restart(_ server: ServerRecord) async {
        do {
            let provided = try await providers.of(server).resume(server, avoiding: await registry.addresses)
            try await enter(provided, server.hostname)
            try await register(server, provided.address, TaskOutput())
            try await registry.change(server.hostname) { record in
                record.status = .running
                for index in record.taskservs.indices { record.taskservs[index].status = .stopped }
            }
            logger.info(
                "server started again", metadata: ["server": "\(server.hostname)", "at": "\(provided.address)"])
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
            let name = dns.client.name(of: hostname)
            try await dns.checkForeign(name)
            await output.add("\(hostname): would be made as \(name); nothing was changed")
        }
    }
}
