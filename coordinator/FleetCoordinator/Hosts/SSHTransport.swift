import FleetModel
import FleetProtocol
import FleetSSH
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// An agent on another machine: one SSH connection, the agent detached, its port reached through direct-tcpip.
final class SSHTransport: AgentTransport {
    private let target: SSHTarget
    private let bundle: Bundle
    private let packs: [Pack]
    private let workdir: String?
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    private struct State {
        var connection: SSHConnection?
        /// The work directory as the host resolves it; nil until it has been asked.
        var directory: String?
    }

    init(
        target: SSHTarget, bundle: Bundle, packs: [Pack], workdir: String?, group: any EventLoopGroup, logger: Logger
    ) {
        self.target = target
        self.bundle = bundle
        self.packs = packs
        self.workdir = workdir
        self.group = group
        self.logger = logger
    }

    /// The work directory with all links and variables resolved by the host itself.
    private func directory() async throws(LinkError) -> String {
        if let known = state.withLockedValue({ $0.directory }) { return known }
        let wanted = workdir.map(Shell.quotePath) ?? "\"${XDG_CACHE_HOME:-$HOME/.cache}/provisioning-fleet\""
        let output = try await run(
            "umask 077; mkdir -p \(wanted) && cd \(wanted) && printf 'directory=%s\\n' \"$(pwd -P)\"")
        let marker = "directory="
        guard let line = output.split(whereSeparator: \.isNewline).last(where: { $0.hasPrefix(marker) }) else {
            throw LinkError(.permanent, "the host did not name its work directory; it printed: \(output.prefix(300))")
        }
        let path = String(line.dropFirst(marker.count))
        state.withLockedValue { $0.directory = path }
        return path
    }

    private struct Upload {
        var local: String
        var remote: String
        var sha256: String
        var mode: Int
    }

    func prepare() async throws(LinkError) {
        let directory = try await directory()
        let programs = bundle.files.map {
            Upload(
                local: $0.path, remote: "\(directory)/bundles/\(bundle.digest)/\($0.name)", sha256: $0.sha256,
                mode: 0o755)
        }
        let files =
            programs
            + packs.map {
                Upload(local: $0.path, remote: "\(directory)/packs/\($0.sha256).tar", sha256: $0.sha256, mode: 0o644)
            }
        let folders = ["\(directory)/bundles/\(bundle.digest)", "\(directory)/packs"].map(Shell.quote)
        let tests = files.map { "test -f \(Shell.quote($0.remote)) && echo present \($0.sha256)" }
        let present = try await run(
            "umask 077; mkdir -p \(folders.joined(separator: " ")); \(tests.joined(separator: "; ")); true")
        let ssh = try await connected()
        for file in files where !present.contains("present \(file.sha256)") {
            do {
                try await ssh.upload(file: file.local, to: file.remote, sha256: file.sha256, mode: file.mode)
            } catch {
                throw LinkError(ssh: error)
            }
        }
    }

    func launch(_ order: LaunchOrder) async throws(LinkError) -> AgentAddress {
        let output = try await runAgent(
            order.arguments(workdir: try await directory()), input: order.token.hexadecimal + "\n")
        return try AgentAddress(readyLine: output)
    }

    private func runAgent(
        _ arguments: [String], input: String = "", acceptsFailure: Bool = false
    ) async throws(LinkError) -> String {
        let program = "\(try await directory())/bundles/\(bundle.digest)/agent"
        let words = ([program] + arguments).map(Shell.quote).joined(separator: " ")
        return try await run("exec \(words)", input: input, acceptsFailure: acceptsFailure)
    }

    func open(port: Int) async throws(LinkError) -> any ByteDuplex {
        let ssh = try await connected()
        do {
            return SSHDuplex(try await ssh.openTunnel(port: port))
        } catch let error where error.code == .channelRefused {
            throw LinkError(.agentGone, "nobody listens on the agent's port \(port): \(error)")
        } catch let error where error.code == .cancelled {
            throw LinkError(ssh: error)
        } catch {
            // The connection may be dead without knowing it; the next try makes a new one.
            await close()
            throw LinkError(ssh: error)
        }
    }

    func sweep(_ scope: SweepScope) async throws(LinkError) -> [String] {
        let arguments = scope.arguments(workdir: try await directory())
        return try await runAgent(arguments, acceptsFailure: true).split(separator: "\n").map(String.init)
    }

    func close() async {
        let open = state.withLockedValue { state in
            defer { state.connection = nil }
            return state.connection
        }
        await open?.close()
    }

    private func connected() async throws(LinkError) -> SSHConnection {
        if let open = state.withLockedValue({ $0.connection }), open.isOpen { return open }
        do {
            let new = try await SSHConnection.connect(to: target, on: group, logger: logger)
            state.withLockedValue { $0.connection = new }
            return new
        } catch {
            throw LinkError(ssh: error)
        }
    }

    private func run(
        _ command: String, input: String = "", acceptsFailure: Bool = false
    ) async throws(LinkError) -> String {
        let ssh = try await connected()
        let result: SSHCommandResult
        do {
            result = try await ssh.execute(
                "/bin/sh -c \(Shell.quote(command))", input: ByteBuffer(string: input), outputLimit: 1 << 20,
                deadline: .seconds(30))
        } catch {
            throw LinkError(ssh: error)
        }
        guard result.status == 0 || acceptsFailure else {
            let errors = String(buffer: result.standardError).suffix(500)
            throw LinkError(
                .permanent, "“\(command.prefix(120))” ended with status \(result.status ?? -1): \(errors)")
        }
        return String(buffer: result.standardOutput)
    }
}

extension LinkError {
    /// Tells whether trying again can help from the stage in which SSH failed.
    init(ssh error: any Error) {
        guard let error = error as? SSHError else {
            self.init(.transient, "\(error)")
            return
        }
        switch error.code {
        case .notResolved, .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .knownHostsFile, .keyFile, .loginDenied,
            .nothingInCommon, .forwardingForbidden:
            self.init(.permanent, "\(error)")
        default:
            self.init(.transient, "\(error)")
        }
    }
}

/// A tunnel as a stream of bytes.
final class SSHDuplex: ByteDuplex {
    private let tunnel: SSHTunnel
    // One reader at a time, as `ByteDuplex` demands; the iterator's own state is guarded by NIO.
    private nonisolated(unsafe) var iterator: SSHTunnelInbound.AsyncIterator

    init(_ tunnel: SSHTunnel) {
        self.tunnel = tunnel
        self.iterator = tunnel.inbound.makeAsyncIterator()
    }

    func read() async throws -> ByteBuffer? { try await iterator.next() }
    func write(_ bytes: ByteBuffer) async throws { try await tunnel.write(bytes) }
    func close() async { await tunnel.close() }
}
