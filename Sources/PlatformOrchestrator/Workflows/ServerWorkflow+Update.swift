import Logging
import PlatformService

extension ServerWorkflow {
    /// Changes every server of the order, one after the other. One that cannot be changed is as it was before.
    func update(_ order: ServerUpdateOrder, output: TaskOutput) async throws {
        for hostname in order.servers {
            try Task.checkCancellation()
            guard let server = await registry.server(hostname) else {
                throw PlatformError(.notFound, "there is no server \(hostname)")
            }
            guard server.status == .running else {
                throw PlatformError(.conflict, "the server \(hostname) is \(server.status.rawValue), not running")
            }
            let provider = try providers.of(server)
            if order.checkMode {
                await output.add("\(hostname): would be changed; nothing was changed")
                continue
            }
            if let plan = order.plan, plan != server.plan {
                try await provider.resize(server, to: plan)
                try await registry.change(hostname) { $0.plan = plan }
                await output.add("\(hostname): has the plan \(plan)")
            }
            switch order.address {
            case nil: break
            case .any: try await move(server, to: nil, output)
            case .certain(let address) where address != server.address: try await move(server, to: address, output)
            case .certain: await output.add("\(hostname): has that address already")
            }
        }
    }

    /// Gives a server another address and its name too; if the name cannot have it, everything is as it was before.
    private func move(_ server: ServerRecord, to address: IPv4Address?, _ output: TaskOutput) async throws {
        do {
            let provider = try providers.of(server)
            let moved = try await provider.move(server, to: address, avoiding: await registry.addresses)
            let changed = try await enter(moved, server.hostname)
            try await markStopped(server.hostname)
            await output.add("\(server.hostname): moved to \(moved.address)")
            try await register(changed, moved.address, output)
        } catch {
            await output.add(
                "\(server.hostname): goes back to \(server.address?.description ?? "none"): \(words(of: error))")
            // A task of its own, so that a cancellation does not stop the way back; awaited at once.
            await Task { await goBack(server) }.value
            throw error
        }
    }

    private func goBack(_ server: ServerRecord) async {
        guard let before = server.address, let provider = try? providers.of(server) else { return }
        if let current = await registry.server(server.hostname), current.address == before, provider.isRunning(current)
        {
            return
        }
        do {
            let back = try await provider.move(server, to: before, avoiding: [])
            try await enter(back, server.hostname)
            try await register(server, before, TaskOutput())
        } catch {
            logger.error(
                "a server cannot have its address back",
                metadata: ["server": "\(server.hostname)", "error": "\(words(of: error))"])
            await restart(server)
        }
    }

    /// A server that was started anew has none of its daemons any more.
    private func markStopped(_ hostname: String) async throws {
        try await registry.change(hostname) { record in
            for index in record.taskservs.indices { record.taskservs[index].status = .stopped }
        }
    }
}
