import FleetSystem
import Logging
import NIOCore
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes real servers on this host: each has a directory, an address of the server network, and an sshd of its own.
struct LocalProvider: ServerProvider {
    let name = Providers.standard
    let isSimulated = false
    /// Directory that holds a directory for each server.
    let directory: String
    let network: IPv4Network
    let user: LocalUser
    /// Runs the program that keeps one server: executable and first arguments, to which the configuration is added.
    let keeper: [String]
    let shell: RemoteShell
    /// The platform's own public key.
    let publicKey: String
    let group: any EventLoopGroup
    let logger: Logger
    /// What runs, by host name; shared by all copies of the value.
    private let running = Locked<[String: RunningServer]>([:])

    /// The one zone and the one plan: this host as it is.
    private static let zone = "local"
    private static let plan = "host"

    /// How many addresses are tried before we say that none is free.
    static let addressTries = 2048
    /// Seconds in which a new server must let us in.
    static let patience = 20.0

    func placement(zone: String?, plan: String?) throws(PlatformError) -> Placement {
        guard zone ?? Self.zone == Self.zone else {
            throw PlatformError(.invalid, "zone: the provider \(name) has one zone, \(Self.zone)")
        }
        guard plan ?? Self.plan == Self.plan else {
            throw PlatformError(.invalid, "plan: the provider \(name) has one plan, \(Self.plan)")
        }
        return Placement(zone: Self.zone, plan: Self.plan)
    }

    func create(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> ProvidedServer {
        var server = server
        server.sshHostKey = try await prepare(server)
        return try await provide(server, at: server.address.map { [$0] } ?? [], avoiding: avoiding)
    }

    func move(
        _ server: ServerRecord, to address: IPv4Address?, avoiding: Set<IPv4Address>
    ) async throws -> ProvidedServer {
        if let address, !network.contains(address) {
            throw PlatformError(.invalid, "ip_address: \(address) is none of \(network)")
        }
        await detach(server.hostname)?.stop()
        return try await provide(
            server, at: address.map { [$0] } ?? [], avoiding: avoiding.union([server.address].compactMap { $0 }),
            orElse: address == nil)
    }

    func resize(_ server: ServerRecord, to plan: String) async throws {
        _ = try placement(zone: nil, plan: plan)
    }

    func resume(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> ProvidedServer {
        var server = server
        // A server whose directory was lost, or that a backup brought back, is made again with what its record says.
        if !FileManager.default.fileExists(atPath: "\(path(of: server.hostname))/etc/host_key.pub") {
            server.sshHostKey = try await prepare(server)
        }
        return try await provide(server, at: [server.address].compactMap { $0 }, avoiding: avoiding)
    }

    func remove(_ hostname: String) async throws {
        await detach(hostname)?.stop()
        try removeFiles(hostname)
    }

    func login(to server: ServerRecord) throws(PlatformError) -> RemoteShell.Target {
        guard let address = server.address, let port = server.sshPort else {
            throw PlatformError(.conflict, "the server \(server.hostname) has no address yet")
        }
        return target(configuration(server, SSHEndpoint(address: address, port: port)))
    }

    func isRunning(_ server: ServerRecord) -> Bool {
        running.withLock { $0[server.hostname]?.isAlive ?? false }
    }

    func stopAll() async {
        let all = running.withLock { running in
            defer { running = [:] }
            return Array(running.values)
        }
        await withTaskGroup(of: Void.self) { tasks in
            for server in all { tasks.addTask { await server.stop() } }
        }
    }

    var offer: ProviderOffer {
        ProviderOffer(
            name: name, simulated: false, zones: [Self.zone], plans: [Self.plan], network: network.description,
            servers: running.withLock { $0.count }, capacity: network.hostCount)
    }
}

extension LocalProvider {
    private func detach(_ hostname: String) -> RunningServer? {
        running.withLock { $0.removeValue(forKey: hostname) }
    }

    private func provide(
        _ server: ServerRecord, at wanted: [IPv4Address], avoiding: Set<IPv4Address>, orElse others: Bool = true
    ) async throws -> ProvidedServer {
        let started = try await start(server, at: wanted, avoiding: avoiding, orElse: others)
        running.withLock { $0[server.hostname] = started }
        return ProvidedServer(
            id: server.id, address: started.endpoint.address, sshPort: started.endpoint.port, sshUser: user.name,
            sshHostKey: server.sshHostKey)
    }

    /// Makes the directory, with an empty home and keys. Returns the server's public host key.
    private func prepare(_ server: ServerRecord) async throws -> String {
        let root = path(of: server.hostname)
        for directory in [root, "\(root)/home", "\(root)/etc"] { try PrivateDirectory.ensure(directory) }
        let keys = [publicKey] + server.authorizedKeys
        try AtomicFile.write(Array((keys.joined(separator: "\n") + "\n").utf8), to: "\(root)/etc/authorized_keys")
        return try await KeyPair.ensure("\(root)/etc/host_key", comment: server.dnsName)
    }

    /// Starts the server's sshd on an address that nobody else has, and logs in once. The wanted addresses come first, and
    /// a server that goes back to its address gets its port again if it can; `avoiding` are the addresses of the others.
    private func start(
        _ server: ServerRecord, at wanted: [IPv4Address], avoiding: Set<IPv4Address>, orElse others: Bool
    ) async throws -> RunningServer {
        let free = network.hosts.lazy.filter { !avoiding.contains($0) }
        let candidates = wanted + (others ? Array(free.prefix(Self.addressTries)) : [])
        for address in candidates {
            try Task.checkCancellation()
            guard let claim = try await AddressClaim.make(address, group: group) else { continue }
            do { return try await start(server, claim: claim) } catch {
                await claim.release()
                throw error
            }
        }
        throw PlatformError(
            others ? .failed : .conflict,
            others
                ? "no address of \(network) is free on this host (\(candidates.count) tried)"
                : "ip_address: \(wanted.map(\.description).joined(separator: ", ")) is in use")
    }

    /// Removes what is left of a server on disk.
    private func removeFiles(_ hostname: String) throws {
        let left = DirectoryTree.remove(path(of: hostname))
        guard left.isEmpty else {
            throw PlatformError(
                .failed, "the directory of \(hostname) cannot be removed: \(left.joined(separator: "; "))")
        }
    }

    private func path(of hostname: String) -> String { "\(directory)/\(hostname)" }
}

extension LocalProvider {
    private func start(_ server: ServerRecord, claim: AddressClaim) async throws -> RunningServer {
        var lastError: any Error = CancellationError()
        // The port that was free a moment ago may be gone; the second time we take any port, the third time again.
        for attempt in 0..<3 {
            // After a restart the sshd of before may need a moment to end.
            let before = claim.address == server.address ? server.sshPort : nil
            let port = try await claim.freePort(
                preferring: attempt == 0 ? before ?? 22 : nil, within: before == nil ? .zero : .seconds(3))
            let endpoint = SSHEndpoint(address: claim.address, port: port)
            let configuration = configuration(server, endpoint)
            try write(configuration, of: server)
            let running = RunningServer(keeper: try spawnKeeper(configuration), claim: claim, endpoint: endpoint)
            do {
                try await waitForLogin(running, configuration)
                return running
            } catch {
                lastError = error
                if Task.isCancelled || running.isAlive {
                    await running.stop()
                    throw error
                }
            }
        }
        throw lastError
    }

    private func write(_ configuration: SSHDConfiguration, of server: ServerRecord) throws {
        let line = "\(configuration.endpoint.knownHostsName) \(server.sshHostKey ?? "")\n"
        try AtomicFile.write(Array(configuration.text.utf8), to: configuration.configurationFile)
        try AtomicFile.write(
            Array(configuration.sessionText(hostname: server.hostname).utf8), to: configuration.sessionScript)
        try AtomicFile.write(Array(line.utf8), to: configuration.knownHosts)
    }

    private func spawnKeeper(_ configuration: SSHDConfiguration) throws -> ChildProcess {
        // The keeper outlives us on purpose: it reads the end of its input and ends what sshd alone would leave behind.
        try Spawner.spawn(
            ProcessSpecification(
                executable: keeper[0], arguments: Array(keeper.dropFirst()) + [configuration.configurationFile],
                environment: CommandRunner.environment, standardInput: .pipe, standardError: .file(configuration.log),
                endsWithParent: false))
    }

    private func waitForLogin(_ running: RunningServer, _ configuration: SSHDConfiguration) async throws {
        var words = ""
        var isIn = false
        var failure: (any Error)?
        _ = await Waiting.until(within: .seconds(Self.patience), every: .milliseconds(20)) {
            do {
                let login = try await shell.run("true", on: target(configuration), seconds: Self.patience)
                words = login.output
                isIn = login.status.isSuccess
            } catch { failure = error }
            return isIn || failure != nil || !running.isAlive || words.contains("Permission denied")
        }
        if let failure { throw failure }
        guard !isIn else { return }
        let log = (try? AtomicFile.read(configuration.log)).map { String(decoding: $0.suffix(2000), as: UTF8.self) }
        throw PlatformError(
            .failed, "the server's sshd on \(running.endpoint) lets nobody in: \(words)its log: \(log ?? "none")")
    }

    private func configuration(_ server: ServerRecord, _ endpoint: SSHEndpoint) -> SSHDConfiguration {
        SSHDConfiguration(
            directory: path(of: server.hostname), endpoint: endpoint, user: user.name, usesPAM: user.isLocked)
    }

    private func target(_ configuration: SSHDConfiguration) -> RemoteShell.Target {
        RemoteShell.Target(
            endpoint: configuration.endpoint, user: user.name, knownHosts: configuration.knownHosts)
    }
}
