import FleetSystem
import FleetTestSupport
import Foundation
import Hummingbird
import InterfaceProfile
import Logging
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct CommandLineTests {
    @Test(.timeLimit(.minutes(2))) func worksWithServersTaskservsAndExtensions() async throws {
        try await TestPlatform.with { platform in
            try await CommandRun.with(["orchestrator": platform.url, "oci_registry": platform.registry.url]) {
                command in
                try await TestArtifact.listener("greeter").push(to: platform.registry)
                let made = try await command.run("server", "create", "one", "-o", "json")
                #expect(made.status.isSuccess && made.json["status"].string == "Completed", "\(made.output)")
                let list = try await command.run("server", "list")
                #expect(list.output.contains("HOSTNAME") && list.output.contains("one"), "\(list.output)")
                let login = try await command.run("server", "ssh", "one")
                let server = try await platform.server("one")
                #expect(login.output.contains("ssh -p \(server["ssh_port"].int ?? 0)"), "\(login.output)")
                #expect(login.output.contains(server["ssh_host_key"].string ?? "-"))

                let install = try await command.run("taskserv", "create", "greeter:^1", "--servers", "one")
                #expect(install.status.isSuccess, "\(install.output)")
                #expect(try await command.run("taskserv", "list", "one").output.contains("greeter"))
                #expect(try await command.run("extension", "list", "-o", "json").json[0]["name"].string == "greeter")
                #expect(try await command.run("extension", "cache").output.contains("downloads: 1"))

                let twice = try await command.run("server", "create", "one")
                #expect(twice.status == .exited(73) && twice.output.contains("409"), "\(twice.output)")
                #expect(try await command.run("server", "show", "none").status == .exited(66))
                let wrong = try await command.run("taskserv", "create", "none", "--servers", "one")
                #expect(
                    wrong.status == .exited(1) && wrong.output.contains("there is no taskserv none"), "\(wrong.output)")
                #expect(try await command.run("server", "delete", "one").status.isSuccess)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func publishesAndPullsWithTheRegistryItself() async throws {
        let registry = try await RegistryServer.start()
        do {
            try await CommandRun.with(["oci_registry": registry.url]) { command in
                let folder = "\(command.directory)/etcd"
                try PrivateDirectory.ensure(folder)
                let manifest = #"{"type":"taskserv","name":"etcd","version":"3.5.0"}"#
                try AtomicFile.write(Array(manifest.utf8), to: "\(folder)/extension.json")
                let faulty = try await command.run("oci", "push", folder)
                #expect(faulty.status == .exited(65) && faulty.output.contains("install"), "\(faulty.output)")
                for program in ["install", "check", "remove"] {
                    try AtomicFile.write(Array("#!/bin/sh\n".utf8), to: "\(folder)/\(program)", mode: 0o755)
                }
                let pushed = try await command.run("oci", "push", folder, "-o", "json")
                #expect(pushed.status.isSuccess, "\(pushed.output)")
                #expect(try await command.run("oci", "push", folder).status == .exited(73))
                #expect(try await command.run("oci", "list", "-o", "json").json[0]["name"].string == "etcd")
                let pulled = try await command.run(
                    "oci", "pull", "etcd:~3.5", "--file", "\(command.directory)/got", "-o", "json")
                #expect(pulled.json["checksum"] == pushed.json["checksum"], "\(pulled.output)")
                #expect(try await command.run("oci", "pull", "etcd:^4").status == .exited(66))
            }
        } catch {
            await registry.service.stop()
            throw error
        }
        await registry.service.stop()
    }

    @Test(.timeLimit(.minutes(1))) func logsInRenewsAndLogsOut() async throws {
        let center = LoginStub()
        try await center.with { url in
            try await CommandRun.with(["orchestrator": url, "control_center": url]) { command in
                #expect(try await command.run("whoami").status == .exited(67))
                let wrong = try await command.run("login", "ada", input: "wrong\n")
                #expect(wrong.status == .exited(67), "\(wrong.output)")
                #expect(try await command.run("login", "ada", input: "secret\n").status.isSuccess)
                let file = "\(command.directory)/state/provisioning/session.json"
                #expect(try await Program.run("stat", ["-c", "%a", file]).output == "600\n")
                #expect(try await command.run("whoami").output.contains("ada"))
                center.state.withLock { $0.valid = nil }
                #expect(try await command.run("whoami").status.isSuccess, "the token is renewed")
                #expect(center.state.withLock { $0.renewals } == 1)
                let forbidden = try await command.run("workspace", "list")
                #expect(forbidden.status == .exited(77) && forbidden.output.contains("403"), "\(forbidden.output)")
                #expect(!forbidden.output.contains("token-"))
                #expect(try await command.run("logout").status.isSuccess)
                #expect(!FileManager.default.fileExists(atPath: file))
                #expect(try await command.run("logout").status == .exited(67))
            }
        }
    }

    @Test func saysWhatIsWrong() async throws {
        try await CommandRun.with(["orchestrator": "http://127.0.0.1:1"]) { command in
            let down = try await command.run("server", "list")
            #expect(down.status == .exited(69) && down.output.contains("http://127.0.0.1:1"), "\(down.output)")
            #expect(try await command.run("server", "list", "--orchestrator", "nonsense").status == .exited(78))
            #expect(try await command.run("server", "dance").status == .exited(64))
            try AtomicFile.write(
                Array(#"{"orchestra":"x"}"#.utf8), to: "\(command.directory)/config/provisioning/config.json")
            let unknown = try await command.run("server", "list")
            #expect(unknown.status == .exited(78) && unknown.output.contains("orchestra"), "\(unknown.output)")
        }
    }
}

/// The command line, with a configuration and a state of its own.
struct CommandRun: Sendable {
    struct Result {
        let status: FleetSystem.ExitStatus
        let output: String

        var json: JSON { (try? JSONDecoder().decode(JSON.self, from: Data(output.utf8))) ?? .null }
    }

    let directory: String

    static func with(_ urls: [String: String], _ body: (CommandRun) async throws -> Void) async throws {
        let directory = try TestService.temporaryDirectory("commands")
        defer { _ = DirectoryTree.remove(directory) }
        try PrivateDirectory.ensure("\(directory)/config/provisioning")
        try AtomicFile.write(JSONEncoder().encode(urls), to: "\(directory)/config/provisioning/config.json")
        // The program under the platform's own name.
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory)/provisioning", withDestinationPath: TestPlatform.executable)
        try await body(CommandRun(directory: directory))
    }

    func run(_ arguments: String..., input: String? = nil) async throws -> Result {
        try await run(arguments, input: input)
    }

    func run(_ arguments: [String], input: String? = nil) async throws -> Result {
        let file = "\(directory)/input"
        if let input { try AtomicFile.write(Array(input.utf8), to: file) }
        let environment = [
            "XDG_CONFIG_HOME": "\(directory)/config", "XDG_STATE_HOME": "\(directory)/state", "TMPDIR": directory,
        ]
        let result = try await Program.run(
            "\(directory)/provisioning", arguments, environment: environment, input: input == nil ? nil : file,
            within: .seconds(60))
        return Result(status: result.status, output: result.output)
    }
}

/// The part of the control center that a login needs, and of the orchestrator that a login opens.
final class LoginStub: Sendable {
    struct State {
        var valid: String?
        var refresh: String?
        var renewals = 0
    }

    let state = Locked(State())

    func with(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        let ports = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { ports.continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await application.run() }
            var iterator = ports.stream.makeAsyncIterator()
            guard let port = await iterator.next() else { throw TestServiceError("the stub did not start") }
            defer { tasks.cancelAll() }
            try await body("http://127.0.0.1:\(port)")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        let paths = InterfaceProfile.standard.controlCenter
        router.post(RouterPath(paths.login)) { request, context in
            let wanted = try await request.decode(as: [String: String].self, context: context)
            return wanted["password"] == "secret" ? self.pair() : Self.refusal
        }
        router.post(RouterPath(paths.refresh)) { request, context in
            let wanted = try await request.decode(as: [String: String].self, context: context)
            guard wanted["refresh_token"] == self.state.withLock({ $0.refresh }) else { return Self.refusal }
            self.state.withLock { $0.renewals += 1 }
            return self.pair()
        }
        router.post(RouterPath(paths.logout)) { request, _ in
            self.isKnown(request) ? Self.json(#"{"success":true,"data":null}"#) : Self.refusal
        }
        router.get(RouterPath(InterfaceProfile.standard.paths.identity)) { request, _ in
            self.isKnown(request) ? Self.json(#"{"success":true,"data":{"username":"ada"}}"#) : Self.refusal
        }
        router.get(RouterPath(InterfaceProfile.standard.paths.workspaces)) { _, _ in
            Self.json(#"{"success":false,"data":null,"error":"not for you"}"#, .forbidden)
        }
        return router
    }

    private func isKnown(_ request: Request) -> Bool {
        let valid = state.withLock { $0.valid }
        return valid != nil && request.headers[.authorization] == valid.map { "Bearer \($0)" }
    }

    private func pair() -> Response {
        let (token, refresh) = ("token-\(UUID().uuidString)", "token-\(UUID().uuidString)")
        state.withLock { ($0.valid, $0.refresh) = (token, refresh) }
        return Self.json(
            #"{"success":true,"data":{"token":"\#(token)","refresh_token":"\#(refresh)","expires_in":900}}"#)
    }

    private static var refusal: Response {
        json(#"{"success":false,"data":null,"error":"who are you?"}"#, .unauthorized)
    }

    private static func json(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
