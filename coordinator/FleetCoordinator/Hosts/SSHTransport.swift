import FleetModel
import FleetProtocol
import FleetSSH
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// An agent on another machine: one SSH connection, the agent detached, its port reached through direct-tcpip, or, where
/// the server forbids that, through `agent connect` on one command channel.
final class SSHTransport: HostTransport {
    private let target: SSHTarget
    /// The machine of OrbStack behind the target, if it is one.
    private let machine: OrbMachine?
    private let bundles: BundleShelf
    private let packs: [Pack]
    private let workdir: String?
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    private struct State {
        var connection: SSHConnection?
        /// What the server said when it forbade forwarding; from then on streams go through a relay.
        var prohibition: String?
        var relay: AgentRelay?
        /// Nil until the host has been asked.
        var place: Place?
    }

    /// Where things lie on the host, and which programs it needs.
    private struct Place {
        /// The work directory as the host resolves it.
        var directory: String
        var bundle: Bundle
        /// The programs, and a place for each suite's files.
        var folder: String { "\(directory)/bundles/\(bundle.digest)" }
    }

    init(
        target: SSHTarget, machine: OrbMachine? = nil, bundles: BundleShelf, packs: [Pack], workdir: String?,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        self.target = target
        self.machine = machine
        self.bundles = bundles
        self.packs = packs
        self.workdir = workdir
        self.group = group
        self.logger = logger
    }

    var workdirWord: String {
        workdir.map(Shell.quotePath) ?? "\"${XDG_CACHE_HOME:-$HOME/.cache}/provisioning-fleet\""
    }

    /// Makes the work directory, unless others could replace what lies there.
    ///
    /// - Returns: where it is, with all links and variables resolved, and what the host is.
    private func place() async throws(LinkError) -> Place {
        if let known = state.withLockedValue({ $0.place }) { return known }
        let wanted = workdirWord
        let output = try await run(
            "umask 077; uname -sm | sed 's/^/platform=/'; \(HostOwnership.function); mkdir -p \(wanted) && "
                + "cd \(wanted) && ours \"$(pwd -P)\" && printf 'directory=%s\\n' \"$(pwd -P)\"")
        guard let path = Self.value(of: "directory", in: output) else {
            throw LinkError(.permanent, "the host did not name its work directory; it printed: \(output.prefix(300))")
        }
        let words = (Self.value(of: "platform", in: output) ?? "").split(separator: " ")
        guard words.count == 2 else {
            throw LinkError(.permanent, "`uname -sm` of the host does not say what it is: \(output.prefix(300))")
        }
        let platform = HostPlatform(system: String(words[0]), machine: String(words[1]))
        let place = Place(directory: path, bundle: try bundles.bundle(for: platform))
        state.withLockedValue { $0.place = place }
        return place
    }

    private static func value(of name: String, in output: String) -> String? {
        let line = output.split(whereSeparator: \.isNewline).last { $0.hasPrefix("\(name)=") }
        return line.map { String($0.dropFirst(name.count + 1)) }
    }

    private struct Upload {
        var local: String
        var remote: String
        var sha256: String
        var mode: Int
    }

    func prepare() async throws(LinkError) {
        do throws(LinkError) {
            try await push()
        } catch {
            throw await HostExamination.explained(error, on: self, bundles: bundles)
        }
    }

    private func push() async throws(LinkError) {
        let place = try await place()
        let programs = place.bundle.files.map {
            Upload(local: $0.path, remote: "\(place.folder)/\($0.name)", sha256: $0.sha256, mode: 0o755)
        }
        let suites = packs.map {
            Upload(
                local: $0.path, remote: "\(place.directory)/packs/\($0.sha256).tar", sha256: $0.sha256, mode: 0o644)
        }
        let folders = [place.folder, "\(place.directory)/packs"].map(Shell.quote)
        // What is found is touched: a host removes what was not used for long.
        let tests = (programs + suites).enumerated().map { number, file in
            let path = Shell.quote(file.remote)
            return "test -f \(path) && touch -c \(path) && echo present \(number)."
        }
        let present = try await run(
            "umask 077; mkdir -p \(folders.joined(separator: " ")); \(tests.joined(separator: "; ")); true")
        let missing = (programs + suites).enumerated().filter { !present.contains("present \($0.offset).") }
            .map(\.element)
        // A host on which our programs ran before can run them; before they are sent for the first time, it is asked.
        if missing.contains(where: { file in programs.contains { $0.remote == file.remote } }) {
            try await HostExamination.require(self, bundles: bundles)
        }
        for file in missing {
            try await withCommandChannel { ssh throws(SSHError) in
                try await ssh.upload(file: file.local, to: file.remote, sha256: file.sha256, mode: file.mode)
            }
        }
    }

    func launch(_ order: LaunchOrder) async throws(LinkError) -> AgentAddress {
        let place = try await place()
        do throws(LinkError) {
            let output = try await runAgent(
                order.arguments(workdir: place.directory), input: order.input())
            return try AgentAddress(readyLine: output)
        } catch {
            throw await HostExamination.explained(error, on: self, bundles: bundles)
        }
    }

    private func runAgent(
        _ arguments: [String], input: String = "", acceptsFailure: Bool = false
    ) async throws(LinkError) -> String {
        let program = "\(try await place().folder)/agent"
        let words = ([program] + arguments).map(Shell.quote).joined(separator: " ")
        return try await run("exec \(words)", input: input, acceptsFailure: acceptsFailure)
    }

    func resolvedWorkdir() async throws(LinkError) -> String { try await place().directory }

    func shell(_ script: String, limit: Duration) async throws(LinkError) -> ShellOutcome {
        try await execute("exec /bin/sh", input: script, limit: limit)
    }

    func agent(_ arguments: [String], input: String, limit: Duration) async throws(LinkError) -> ShellOutcome {
        let words = (["\(try await place().folder)/agent"] + arguments).map(Shell.quote).joined(separator: " ")
        return try await execute("exec \(words)", input: input, limit: limit)
    }

    func forwarding() async throws(LinkError) -> Forwarding {
        let ssh = try await connected()
        do {
            // Nobody need listen there: only who refuses matters.
            await (try ssh.openTunnel(port: target.port)).close()
            return .allowed
        } catch let error where error.code == .forwardingForbidden {
            return .forbidden("\(error)")
        } catch let error where error.code == .channelRefused {
            return .allowed
        } catch {
            throw LinkError(ssh: error)
        }
    }

    func open(port: Int) async throws(LinkError) -> any ByteDuplex {
        if state.withLockedValue({ $0.prohibition }) != nil { return try await openRelayed(port: port) }
        let ssh = try await connected()
        do {
            return SSHDuplex(try await ssh.openTunnel(port: port))
        } catch let error where error.code == .forwardingForbidden {
            logger.notice("forwarding is forbidden, `agent connect` is used", metadata: ["target": "\(target.name)"])
            state.withLockedValue { $0.prohibition = error.message }
            return try await openRelayed(port: port)
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

    var detour: String? {
        state.withLockedValue(\.prohibition).map {
            "it is reached through `agent connect` on one SSH command channel, because \($0)"
        }
    }

    private func openRelayed(port: Int) async throws(LinkError) -> any ByteDuplex {
        let relay = try await relay()
        do throws(LinkError) {
            return try await relay.open(port: port)
        } catch  where error.kind == .agentGone {
            throw error
        } catch {
            // As with a tunnel: the next try makes a new connection.
            if !Task.isCancelled { await close() }
            throw error
        }
    }

    /// The relay that stands, or a new one.
    private func relay() async throws(LinkError) -> AgentRelay {
        if let relay = state.withLockedValue({ $0.relay }), relay.isOpen { return relay }
        let program = "\(try await place().folder)/agent"
        let command = "/bin/sh -c \(Shell.quote("exec \(Shell.quote(program)) connect"))"
        do throws(LinkError) {
            let tunnel = try await withCommandChannel { ssh throws(SSHError) in
                try await ssh.openStream(command: command)
            }
            let relay = AgentRelay(tunnel)
            state.withLockedValue { $0.relay = relay }
            return relay
        } catch {
            if !Task.isCancelled { await close() }
            throw error
        }
    }

    func sweep(_ scope: SweepScope) async throws(LinkError) -> [String] {
        let arguments = scope.arguments(workdir: try await place().directory)
        return try await runAgent(arguments, acceptsFailure: true).split(separator: "\n").map(String.init)
    }

    func close() async {
        let (open, relay) = state.withLockedValue { state in
            defer { (state.connection, state.relay) = (nil, nil) }
            return (state.connection, state.relay)
        }
        relay?.end(reason: "the connection was closed by this side")
        await open?.close()
    }

    private func connected() async throws(LinkError) -> SSHConnection {
        if let open = state.withLockedValue({ $0.connection }), open.isOpen { return open }
        let new = try await connect()
        state.withLockedValue { $0.connection = new }
        return new
    }

    /// A new connection; a machine that is not there, or does not run, is brought up first.
    private func connect() async throws(LinkError) -> SSHConnection {
        var target = target
        if let machine { target.user = try await machine.bringUp() }
        do {
            return try await SSHConnection.connect(to: target, on: group, logger: logger)
        } catch {
            throw LinkError(ssh: error)
        }
    }

    private func run(
        _ command: String, input: String = "", acceptsFailure: Bool = false
    ) async throws(LinkError) -> String {
        let result = try await execute(command, input: input, limit: .seconds(30))
        guard result.status == 0 || acceptsFailure else {
            // 75: another agent is just starting or cleaning up there.
            throw LinkError(
                result.status == 75 ? .transient : .permanent,
                "“\(command.prefix(120))” ended with status \(result.status): \(result.errors.suffix(500))")
        }
        return result.output
    }

    private func execute(
        _ command: String, input: String = "", limit: Duration
    ) async throws(LinkError) -> ShellOutcome {
        try await withCommandChannel { ssh throws(SSHError) in
            try await execute(command, input: input, limit: limit, on: ssh)
        }
    }

    /// Does something that needs a command channel. While the relay stands, on a connection of its own: the relay may
    /// hold the one place that the server's `MaxSessions` gives, and others would wait for its end.
    private func withCommandChannel<Value: Sendable>(
        _ body: (SSHConnection) async throws(SSHError) -> Value
    ) async throws(LinkError) -> Value {
        if state.withLockedValue({ $0.relay?.isOpen != true }) {
            let ssh = try await connected()
            do { return try await body(ssh) } catch { throw LinkError(ssh: error) }
        }
        let second = try await connect()
        let result: Result<Value, SSHError>
        do throws(SSHError) { result = .success(try await body(second)) } catch { result = .failure(error) }
        await second.close()
        do { return try result.get() } catch { throw LinkError(ssh: error) }
    }

    private func execute(
        _ command: String, input: String, limit: Duration, on ssh: SSHConnection
    ) async throws(SSHError) -> ShellOutcome {
        let result = try await ssh.execute(
            "/bin/sh -c \(Shell.quote(command))", input: ByteBuffer(string: input), outputLimit: 1 << 20,
            deadline: limit)
        return ShellOutcome(
            status: result.status ?? -1, output: String(buffer: result.standardOutput),
            errors: String(buffer: result.standardError))
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
        stage = error.stage.rawValue
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
    var executor: (any TaskExecutor)? { tunnel.executor }
}
