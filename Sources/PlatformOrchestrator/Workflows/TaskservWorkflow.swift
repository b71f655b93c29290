import InterfaceProfile
import Logging
import PlatformExtensions
import PlatformService

/// Installs taskservs on servers, checks and removes them: runs the programs of the extension's archive over SSH.
struct TaskservWorkflow: Sendable {
    let registry: ServerRegistry
    let providers: Providers
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
            _ = try providers.of(server).login(to: server)
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

    /// Installs the taskserv, and before it the taskservs that it needs and that are not there. When one of them does not work, those
    /// that this installed are taken off again, the last one first.
    private func install(_ order: TaskservOrder, on server: ServerRecord, _ output: TaskOutput) async throws {
        let load = try await loader.load(LoadRequest(order.taskserv))
        for warning in load.warnings { await output.add("a source was left out: \(warning)") }
        var installed: [(item: Load.Item, site: TaskservSite)] = []
        do {
            for item in load.dependencies where item.key.id.type == .taskserv {
                if let there = kept(item, of: load, on: server) {
                    await output.add("\(server.hostname): \(item.key.id) \(there) is there and will do")
                } else if let site = try await install(item, order, on: server, output) {
                    installed.append((item, site))
                }
            }
            _ = try await install(load.wanted, order, on: server, output)
        } catch {
            for (item, site) in installed.reversed() {
                await takeOff(item.key, site, on: server, because: error, output)
            }
            throw error
        }
    }

    /// The version that is installed, if it runs and everybody who asked is content with it.
    private func kept(_ item: Load.Item, of load: Load, on server: ServerRecord) -> SemanticVersion? {
        let there = server.taskservs.first { $0.name == item.key.id.name && $0.status == .running }
        guard let version = there.flatMap({ SemanticVersion($0.version) }) else { return nil }
        return load.resolution.accepts(version, of: item.key.id) ? version : nil
    }

    /// Installs one taskserv, nil when it was only to be said what would be done.
    private func install(
        _ item: Load.Item, _ order: TaskservOrder, on server: ServerRecord, _ output: TaskOutput
    ) async throws -> TaskservSite? {
        let (what, archive) = (item.key, item.loaded.archive)
        let origin = item.origin == .source ? "from \(archive.source.rawValue)" : "from the cache"
        await output.add("\(server.hostname): \(what) \(origin), \(archive.checksum)")
        guard !order.checkMode else {
            await output.add("\(server.hostname): \(what) would be installed; nothing was changed")
            return nil
        }
        // The variables were said of the taskserv that was asked for, not of what it needs.
        let variables = what.id == order.taskserv.id ? order.variables : [:]
        let site = try site(of: what.id.name, version: "\(what.version)", on: server, variables: variables)
        do {
            try await site.unpack(item.path, output)
            try await site.run(Self.artifacts.installProgram, output)
            try await site.run(Self.artifacts.checkProgram, output)
            let installed = InstalledTaskserv(name: what.id.name, version: "\(what.version)", status: .running)
            try await registry.change(server.hostname) { record in
                record.taskservs.removeAll { $0.name == installed.name }
                record.taskservs.append(installed)
            }
            return site
        } catch {
            await takeOff(what, site, on: server, because: error, output)
            throw error
        }
    }

    private func takeOff(
        _ what: ExtensionKey, _ site: TaskservSite, on server: ServerRecord, because error: any Error,
        _ output: TaskOutput
    ) async {
        await output.add("\(server.hostname): \(what) is taken off again: \(words(of: error))")
        // A task of its own, so that a cancellation does not stop the undoing; awaited at once.
        await Task {
            await site.takeOff(output)
            _ = try? await registry.change(server.hostname) { record in
                record.taskservs.removeAll { $0.name == what.id.name }
            }
        }.value
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
        let wanted = order.taskserv
        guard let found = server.taskservs.first(where: { $0.name == wanted.id.name }) else {
            throw PlatformError(.notFound, "the server \(server.hostname) has no taskserv \(wanted.id.name)")
        }
        guard let version = SemanticVersion(found.version),
            wanted.constraint.acceptsAnyRelease || wanted.constraint.allows(version)
        else {
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

    private func site(
        of name: String, version: String, on server: ServerRecord, variables: [String: String] = [:]
    ) throws -> TaskservSite {
        TaskservSite(
            name: name, version: version, server: server, target: try providers.of(server).login(to: server),
            shell: providers.shell, variables: variables)
    }
}
