import InterfaceProfile
import Logging
import PlatformService

/// Installs taskservs on servers, checks and removes them: runs the programs of the extension's archive over SSH.
struct TaskservWorkflow: Sendable {
    let registry: ServerRegistry
    let provider: LocalProvider
    let loader: ExtensionLoader
    let logger: Logger

    /// Seconds that a program of a taskserv may take.
    static let patience = 300.0

    /// Carries the order out on each server in turn. Throws at the first server where it does not work.
    func perform(_ order: TaskservOrder, output: TaskOutput) async throws {
        for hostname in order.servers {
            try Task.checkCancellation()
            guard let server = await registry.server(hostname) else {
                throw PlatformError(.notFound, "there is no server \(hostname)")
            }
            guard server.status == .running else {
                throw PlatformError(.conflict, "the server \(hostname) is \(server.status.rawValue), not running")
            }
            switch order.operation {
            case .create: try await install(order, on: server, output)
            case .check: try await check(order, on: server, output)
            case .delete: try await remove(order, on: server, output)
            }
        }
    }
}

extension TaskservWorkflow {
    private static let artifacts = InterfaceProfile.standard.artifacts

    private func install(_ order: TaskservOrder, on server: ServerRecord, _ output: TaskOutput) async throws {
        let loaded = try await loader.load(order.taskserv)
        let what = loaded.key
        let origin = loaded.cached ? "from the cache" : "from the registry"
        await output.add("\(server.hostname): \(what) \(origin), \(loaded.loaded.checksum)")
        guard !order.checkMode else {
            return await output.add("\(server.hostname): \(what) would be installed; nothing was changed")
        }
        let site = try site(of: order.taskserv.name, version: loaded.key.version, on: server)
        do {
            try await site.unpack(loaded.archive, output)
            try await site.run(Self.artifacts.installProgram, output)
            try await site.run(Self.artifacts.checkProgram, output)
            let installed = InstalledTaskserv(name: what.name, version: what.version, status: .running)
            try await registry.change(server.hostname) { record in
                record.taskservs.removeAll { $0.name == installed.name }
                record.taskservs.append(installed)
            }
        } catch {
            await output.add("\(server.hostname): \(what) is taken off again: \(words(of: error))")
            // A task of its own, so that a cancellation does not stop the undoing; awaited at once.
            await Task {
                await site.takeOff(output)
                _ = try? await registry.change(server.hostname) { record in
                    record.taskservs.removeAll { $0.name == what.name }
                }
            }.value
            throw error
        }
    }

    private func check(_ order: TaskservOrder, on server: ServerRecord, _ output: TaskOutput) async throws {
        let installed = try installed(order, on: server)
        do {
            let site = try site(of: installed.name, version: installed.version, on: server)
            try await site.run(Self.artifacts.checkProgram, output)
            try await mark(installed.name, on: server, .running)
        } catch {
            try await mark(installed.name, on: server, .stopped)
            throw error
        }
    }

    private func remove(_ order: TaskservOrder, on server: ServerRecord, _ output: TaskOutput) async throws {
        let installed = try installed(order, on: server)
        guard !order.checkMode else {
            return await output.add("\(server.hostname): \(installed.name) would be removed; nothing was changed")
        }
        let site = try site(of: installed.name, version: installed.version, on: server)
        try await site.run(Self.artifacts.removeProgram, output)
        try await site.removeFiles()
        try await registry.change(server.hostname) { record in
            record.taskservs.removeAll { $0.name == installed.name }
        }
        await output.add("\(server.hostname): \(installed.name) is removed")
    }

    private func installed(_ order: TaskservOrder, on server: ServerRecord) throws -> InstalledTaskserv {
        guard let found = server.taskservs.first(where: { $0.name == order.taskserv.name }) else {
            throw PlatformError(.notFound, "the server \(server.hostname) has no taskserv \(order.taskserv.name)")
        }
        guard order.taskserv.version == nil || order.taskserv.version == found.version else {
            throw PlatformError(
                .conflict, "the server \(server.hostname) has \(found.name) in version \(found.version)")
        }
        return found
    }

    private func mark(_ name: String, on server: ServerRecord, _ status: InstalledTaskserv.Status) async throws {
        try await registry.change(server.hostname) { record in
            for index in record.taskservs.indices where record.taskservs[index].name == name {
                record.taskservs[index].status = status
            }
        }
    }

    private func site(of name: String, version: String, on server: ServerRecord) throws -> TaskservSite {
        TaskservSite(
            name: name, version: version, server: server, target: try provider.target(server), shell: provider.shell)
    }
}
