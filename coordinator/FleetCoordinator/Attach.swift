import FleetModel
import FleetProtocol
import FleetReports
import FleetSystem
public import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `attach`: a way into a kept environment: tunnels to its services, and a shell inside.
///
/// Everything goes through a door that the host's agent opens for as long as this program lives.
public struct Attach: Sendable {
    private let options: RunOptions
    private let console: Console
    private let group: any EventLoopGroup

    /// Prepares to attach to a host that the options name.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Attaches until the shell ends or, without one, until standard input does.
    ///
    /// - Parameters:
    ///   - host: its name in hosts.txt, or a part of it that no other host has.
    ///   - service: the only service to reach; nil for all, and a shell on a terminal.
    ///   - name: which environment, where the host keeps several.
    public func run(host: String, service: String?, name: String?) async -> RunStatus {
        do {
            let hosts = try Preparation.hosts(options)
            let exact = hosts.filter { $0.id.name == host }
            let found = exact.isEmpty ? hosts.filter { $0.id.name.contains(host) } : exact
            guard found.count == 1, let chosen = found.first else {
                let names = hosts.map(\.id.name).joined(separator: ", ")
                throw LinkError(.permanent, "“\(host)” names \(found.count) hosts; there are: \(names)")
            }
            let factory = try await TransportFactory.visiting([chosen], options: options, group: group)
            let transport = factory.transport(for: chosen)
            let result = await Self.result { try await attach(transport, service: service, name: name) }
            await transport.close()
            return try result.get()
        } catch {
            return console.tell(error)
        }
    }

    private static func result<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    private func attach(_ transport: any HostTransport, service: String?, name: String?) async throws -> RunStatus {
        let kept = try await KeptEnvironment.all(on: transport)
        let matching = kept.filter { name == nil || $0.name == name }
        guard matching.count == 1, let environment = matching.first else {
            let names = kept.isEmpty ? "none" : kept.map(\.name).joined(separator: ", ")
            throw LinkError(.permanent, "name one environment with --name; the host keeps: \(names)")
        }
        let services = environment.endpoints.services.filter { $0.value["url"] != nil || $0.value["port"] != nil }
        if let service, services[service] == nil {
            throw LinkError(.permanent, "there is no service \(service); there are: \(services.keys.sorted())")
        }
        let door = try await Door.open(of: environment, on: transport)
        let hold = try await door.enter("hold")
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (name, properties) in services.sorted(by: { $0.key < $1.key }) where service == nil || service == name {
                let tunnel = try await Tunnel.open(to: name, through: door, on: group)
                let inside = properties["url"] ?? "\(properties["address"] ?? ""):\(properties["port"] ?? "")"
                console.result(
                    "\(name)\t\(Self.address(properties, port: tunnel.port))\t(inside: \(PlainText.line(inside)))")
                tasks.addTask { try await tunnel.run() }
            }
            defer { tasks.cancelAll() }
            if service == nil, Terminal.isInteractive {
                console.progress("a shell in \(environment.name); its end ends the tunnels")
                try await Terminal.converse(with: try await door.enter("shell \(Terminal.size)"))
            } else {
                console.progress("the tunnels are open until standard input ends")
                for await _ in Terminal.input {}
            }
            await hold.close()
            return .passed
        }
    }

    /// The local address of a tunnel, as its service is named.
    private static func address(_ properties: [String: String], port: Int) -> String {
        properties["url"] == nil ? "127.0.0.1:\(port)" : "http://127.0.0.1:\(port)"
    }
}

/// The door of a kept environment.
private struct Door: Sendable {
    private struct Answer: Decodable {
        var port: Int
        var secret: String
    }

    private let transport: any HostTransport
    private let answer: Answer

    static func open(of environment: KeptEnvironment, on transport: any HostTransport) async throws -> Door {
        let workdir = try await transport.resolvedWorkdir()
        let words = ["environment", "door", "--workdir", workdir, "--name", environment.name]
        let outcome = try await transport.agent(words)
        guard outcome.status == 0, let start = outcome.output.firstIndex(of: "{"),
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(outcome.output[start...].utf8))
        else { throw LinkError(.permanent, "the environment cannot be entered: \(outcome.errors)") }
        return Door(transport: transport, answer: answer)
    }

    /// A stream to what is wanted inside.
    func enter(_ wish: String) async throws -> any ByteDuplex {
        let stream = try await transport.open(port: answer.port)
        try await stream.write(ByteBuffer(string: "\(answer.secret) \(wish)\n"))
        return stream
    }
}

/// A port of this machine that leads to one service.
private struct Tunnel: Sendable {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let listener: NIOAsyncChannel<Connection, Never>
    private let service: String
    private let door: Door
    let port: Int

    static func open(to service: String, through door: Door, on group: any EventLoopGroup) async throws -> Tunnel {
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let port = listener.channel.localAddress?.port ?? 0
        return Tunnel(listener: listener, service: service, door: door, port: port)
    }

    /// Takes connections until the task is cancelled.
    func run() async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections { group.addTask { await relay(connection) } }
            }
        }
    }

    /// A connection that breaks is the affair of whoever made it.
    private func relay(_ connection: Connection) async {
        guard let stream = try? await door.enter("tunnel \(service)") else {
            try? await connection.channel.close()
            return
        }
        try? await connection.executeThenClose { inbound, outbound in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { for try await bytes in inbound { try await stream.write(bytes) } } catch {
                        await stream.close()
                    }
                }
                // The answer is complete when the service says so; then nothing that the client says matters any more.
                do { while let bytes = try await stream.read() { try await outbound.write(bytes) } } catch {}
                group.cancelAll()
            }
        }
        await stream.close()
    }
}

/// The terminal of this program.
private enum Terminal {
    /// Whether a person sits at both ends.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Columns, rows and kind, as a door wants to hear them.
    static var size: String {
        var size = winsize()
        let isKnown = ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let kind = getenv("TERM").map { String(cString: $0) } ?? "dumb"
        let word = kind.filter { $0.isLetter || $0.isNumber || $0 == "-" }
        return "\(isKnown ? size.ws_col : 80) \(isKnown ? size.ws_row : 24) \(word.isEmpty ? "dumb" : word)"
    }

    /// What is typed, until it ends. The thread that reads ends with the program: nothing interrupts a read.
    static var input: AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            DedicatedThread.start {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(STDIN_FILENO, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    continuation.yield(Array(buffer[..<count]))
                }
                continuation.finish()
            }

        }
    }

    /// Lends the terminal to a shell until the shell ends.
    static func converse(with stream: any ByteDuplex) async throws {
        var saved = termios()
        tcgetattr(STDIN_FILENO, &saved)
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        defer { tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // A shell that has ended reads nothing more, which the other direction notices.
                do { for await bytes in input { try await stream.write(ByteBuffer(bytes: bytes)) } } catch {}
            }
            do {
                while let bytes = try await stream.read() {
                    _ = Array(bytes.readableBytesView).withUnsafeBytes {
                        write(STDOUT_FILENO, $0.baseAddress, $0.count)
                    }
                }
            } catch {}
            group.cancelAll()
        }
        await stream.close()
    }
}
