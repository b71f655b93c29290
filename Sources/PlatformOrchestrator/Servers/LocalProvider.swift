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
struct LocalProvider: Sendable {
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

    /// How many addresses are tried before we say that none is free.
    static let addressTries = 2048
    /// Seconds in which a new server must let us in.
    static let patience = 20.0

    /// Makes the directory, with an empty home and keys. Returns the server's public host key.
    func prepare(_ server: ServerRecord) async throws -> String {
        let root = path(of: server.hostname)
        for directory in [root, "\(root)/home", "\(root)/etc"] { try PrivateDirectory.ensure(directory) }
        let keys = [publicKey] + server.authorizedKeys
        try AtomicFile.write(Array((keys.joined(separator: "\n") + "\n").utf8), to: "\(root)/etc/authorized_keys")
        return try await KeyPair.ensure("\(root)/etc/host_key", comment: server.dnsName)
    }

    /// Starts the server's sshd on an address that nobody else has, and logs in once. A server that had an address and a
    /// port gets them again if it can; `avoiding` are the addresses of the others.
    func start(_ server: ServerRecord, avoiding: Set<IPv4Address>) async throws -> RunningServer {
        let others = network.hosts.lazy.filter { !avoiding.contains($0) }
        let candidates = [server.address].compactMap { $0 } + Array(others.prefix(Self.addressTries))
        for address in candidates {
            try Task.checkCancellation()
            guard let claim = try await AddressClaim.make(address, group: group) else { continue }
            do { return try await start(server, claim: claim) } catch {
                await claim.release()
                throw error
            }
        }
        throw PlatformError(.failed, "no address of \(network) is free on this host (\(candidates.count) tried)")
    }

    /// Removes what is left of a server on disk.
    func remove(_ hostname: String) throws {
        let left = DirectoryTree.remove(path(of: hostname))
        guard left.isEmpty else {
            throw PlatformError(
                .failed, "the directory of \(hostname) cannot be removed: \(left.joined(separator: "; "))")
        }
    }

    /// How to log in to a server that has an endpoint.
    func target(_ server: ServerRecord) throws -> RemoteShell.Target {
        guard let address = server.address, let port = server.sshPort else {
            throw PlatformError(.conflict, "the server \(server.hostname) has no address yet")
        }
        let endpoint = SSHEndpoint(address: address, port: port)
        return target(configuration(server, endpoint))
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
