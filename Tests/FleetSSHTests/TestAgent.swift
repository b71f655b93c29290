import FleetSystem
import FleetTestSupport
import NIOCore
import NIOPosix

@testable import FleetSSH

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real ssh-agent of the test's own.
final class TestAgent: Sendable {
    static let isAvailable =
        access("/usr/bin/ssh-agent", X_OK) == 0 && access("/usr/bin/ssh-add", X_OK) == 0

    let path: String
    private let process: ChildProcess

    private init(path: String, process: ChildProcess) {
        self.path = path
        self.process = process
    }

    fileprivate static func start(in directory: String) async throws -> TestAgent {
        let path = "\(directory)/agent-\(UInt32.random(in: 0...UInt32.max))"
        // The system's own is set-group-id and would outlive a test process that crashes; a copy ends with it.
        let program = path + "-program"
        try await TestSSHServer.run("/bin/cp", ["/usr/bin/ssh-agent", program])
        let process = try Spawner.spawn(
            ProcessSpecification(
                executable: program, arguments: ["-D", "-a", path], environment: ["PATH": "/usr/bin"]))
        let agent = TestAgent(path: path, process: process)
        guard await Waiting.until(within: .seconds(10), { access(path, F_OK) == 0 }) else {
            await agent.stop()
            throw TestSSHServer.Failure(description: "ssh-agent was not ready after 10 s")
        }
        return agent
    }

    /// Lets it hold a key.
    func add(_ key: String) async throws { try await command(["-q", key]) }

    /// Runs ssh-add with other arguments, for example `-x`.
    func command(_ arguments: [String]) async throws {
        try await TestSSHServer.run("/usr/bin/ssh-add", arguments, environment: ["SSH_AUTH_SOCK": path])
    }

    func stop() async { _ = await process.end(grace: .seconds(2)) }
}

/// Runs a body with an agent, and ends the agent whatever happens.
func withAgent<Result: Sendable>(
    in directory: String, _ body: (TestAgent) async throws -> Result
) async throws -> Result {
    let agent = try await TestAgent.start(in: directory)
    do {
        let result = try await body(agent)
        await agent.stop()
        return result
    } catch {
        await agent.stop()
        throw error
    }
}

/// An agent of our own that misbehaves. What a request of a type is answered with is said per type; nil hangs.
final class FakeAgent: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Answer: Sendable {
        case body([UInt8])
        case raw([UInt8])
        case hangUp
        case nothing
    }

    private let identities: Answer
    private let signature: Answer

    init(identities: Answer, signature: Answer = .nothing) {
        self.identities = identities
        self.signature = signature
    }

    /// The answer of an agent that holds a key.
    static func holding(_ blob: [UInt8]) -> Answer {
        var body = ByteBuffer(bytes: [12, 0, 0, 0, 1])
        body.writeSSHString(blob)
        body.writeSSHString(Array("fake".utf8))
        return .body(Array(buffer: body))
    }

    /// The answer of an agent that signs with these bytes.
    static func signing(_ algorithm: String, _ bytes: [UInt8]) -> Answer {
        var inner = ByteBuffer()
        inner.writeSSHString(Array(algorithm.utf8))
        inner.writeSSHString(bytes)
        var body = ByteBuffer(bytes: [14])
        body.writeSSHString(Array(buffer: inner))
        return .body(Array(buffer: body))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Requests are small and come in one piece: four bytes of length, then the type.
        let type = unwrapInboundIn(data).getInteger(at: 4, as: UInt8.self)
        switch type == 11 ? identities : signature {
        case .body(let body):
            var message = ByteBuffer(integer: UInt32(body.count))
            message.writeBytes(body)
            context.writeAndFlush(wrapOutboundOut(message), promise: nil)
        case .raw(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .hangUp: context.close(promise: nil)
        case .nothing: break
        }
    }
}

/// Runs a body with the socket of a fake agent.
func withFakeAgent<Result: Sendable>(
    in directory: String, _ agent: FakeAgent, _ body: (String) async throws -> Result
) async throws -> Result {
    let path = "\(directory)/fake-\(UInt32.random(in: 0...UInt32.max))"
    let listener = try await ServerBootstrap(group: loops)
        .childChannelInitializer { $0.pipeline.addHandler(agent) }
        .bind(unixDomainSocketPath: path).get()
    do {
        let result = try await body(path)
        try await listener.close()
        return result
    } catch {
        try? await listener.close()
        throw error
    }
}
