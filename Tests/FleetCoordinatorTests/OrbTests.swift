import FleetSSH
import FleetSystem
import FleetTestSupport
import Foundation
import Logging
import NIOPosix
import Testing

@testable import FleetCoordinator

/// Against a stand-in for `orb`, which accepts what OrbStack's documentation says and nothing else; the real program was
/// never run.
@Suite("Machines of OrbStack", .timeLimit(.minutes(1)))
struct OrbTests {
    private static let standIn =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Tools/stand-in-orb"
        )
        .path

    /// A program `orb` with a state of its own.
    private struct StandIn {
        let folder: TemporaryFolder
        let program: String

        init(in folder: TemporaryFolder) throws {
            self.folder = folder
            program = try folder.write(
                "bin/orb",
                Data("#!/bin/sh\nORB_STATE='\(folder.path)' exec /usr/bin/python3 '\(OrbTests.standIn)' \"$@\"\n".utf8),
                mode: 0o755)
        }

        var calls: [String] { TestFiles.read(folder.path + "/calls").split(separator: "\n").map(String.init) }

        var machine: OrbMachine {
            var machine = OrbMachine(name: "fleet-1", program: program)
            machine.limits.pause = .milliseconds(10)
            return machine
        }

        func set(_ state: String) throws {
            try folder.write("fleet-1.json", #"{"state": "\#(state)", "looks": 0}"#)
        }
    }

    private func with(_ body: (StandIn) async throws -> Void) async throws {
        let path = try TestFiles.makeDirectory(prefix: "fleet-orb")
        defer { TestFiles.remove(path) }
        try await body(try StandIn(in: TemporaryFolder(path: path)))
    }

    @Test("A machine that is not there is made, and waited for")
    func made() async throws {
        try await with { orb in
            let user = try await orb.machine.bringUp()
            #expect(user == "mac@fleet-1")
            let info = "info fleet-1 -f json"
            #expect(
                orb.calls == [
                    info, "create --cpus 4 --memory 8G --disk 100G ubuntu fleet-1", info, info, info,
                ])
        }
    }

    @Test("A machine that runs is only asked for, and one that is stopped is started once")
    func there() async throws {
        try await with { orb in
            try orb.set("running")
            #expect(try await orb.machine.bringUp() == "mac@fleet-1")
            #expect(orb.calls == ["info fleet-1 -f json"])
            try orb.set("stopped")
            #expect(try await orb.machine.bringUp() == "mac@fleet-1")
            #expect(orb.calls.filter { $0 == "start fleet-1" }.count == 1)
        }
    }

    @Test("What goes wrong is told with the command and what orb said")
    func failures() async throws {
        try await with { orb in
            try orb.folder.write("full", "")
            let full = await #expect(throws: LinkError.self) { _ = try await orb.machine.bringUp() }
            #expect(full?.kind == .permanent && full?.description.contains("no space left on device") == true)
            try orb.set("deleting")
            var slow = orb.machine
            slow.limits.start = .milliseconds(300)
            let stuck = await #expect(throws: LinkError.self) { _ = try await slow.bringUp() }
            #expect(stuck?.kind == .transient && stuck?.description.contains("“deleting”") == true)
            let absent = await #expect(throws: LinkError.self) {
                _ = try await OrbMachine(name: "m", program: nil).bringUp()
            }
            #expect(absent?.kind == .permanent && absent?.description.contains("brew install orbstack") == true)
        }
    }

    @Test(
        "The stand-in refuses what the real program does not know, and a bare stop",
        arguments: [
            ["stop"], ["create", "fleet-1"], ["create", "fleet-1", "--cpu", "4"], ["status", "fleet-1"],
            ["info", "fleet-1"],
            ["create", "--cpus", "4", "--memory", "8192", "--disk", "100", "ubuntu", "fleet-1"],
        ])
    func grammar(words: [String]) async throws {
        try await with { orb in
            let child = try Spawner.spawn(ProcessSpecification(executable: orb.program, arguments: words))
            #expect(await child.exit(within: .seconds(20)) == .exited(64))
        }
    }

    @Test(
        "A host is reached through a real sshd as USER@MACHINE",
        .enabled(if: TestSSHServer.isAvailable && getuid() == 0, "needs root and sshd"))
    func reached() async throws {
        try await with { orb in
            let template = try await TestSSHServer.start()
            do {
                let server = try await OrbServer.start(from: template, user: "mac@fleet-1")
                var target = SSHTarget(
                    host: "127.0.0.1", port: server.port, user: "default@fleet-1", identityFiles: [template.clientKey],
                    knownHosts: KnownHostsPolicy(files: [server.knownHosts]))
                target.identityAgent = .none
                let transport = SSHTransport(
                    target: target, machine: orb.machine, bundles: try BundleShelf(directory: nil), packs: [],
                    workdir: nil, group: MultiThreadedEventLoopGroup.singleton,
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
                let outcome = try await transport.shell("echo $USER", limit: .seconds(20))
                #expect(outcome.output == "mac@fleet-1\n", "\(outcome)")
                #expect(orb.calls.count == 5, "made before it was connected to: \(orb.calls)")
                await transport.close()
                await server.stop()
            } catch {
                await template.stop()
                throw error
            }
            await template.stop()
        }
    }

    @Test("Names of machines in hosts.txt")
    func names() throws {
        let hosts = try Inventory.parse("orb:fleet-1 slots=2\n", file: "hosts.txt").hosts
        #expect(hosts.map(\.connection) == [.orb(machine: "fleet-1")])
        for word in ["orb:", "orb:-x", "orb:a/b", "orb:a@b", "orb:\(String(repeating: "a", count: 64))"] {
            let error = #expect(throws: InputErrors.self) { try Inventory.parse(word, file: "hosts.txt") }
            #expect(error?.errors.first?.message.contains("is not the name of a machine") == true, "\(word)")
        }
        let twice = #expect(throws: InputErrors.self) { try Inventory.parse("orb:a\norb:A\n", file: "hosts.txt") }
        #expect(twice?.errors.first?.message.contains("named twice") == true)
    }
}

/// An sshd that knows a user with `@` in the name, as OrbStack's does: in a mount namespace with a passwd of its own.
private struct OrbServer {
    let port: Int
    let knownHosts: String
    private let process: ChildProcess

    static func start(from template: TestSSHServer, user: String) async throws -> OrbServer {
        let directory = template.directory
        let port = try TestPorts.free()
        let config = TestFiles.read("\(directory)/sshd_config").replacing("Port \(template.port)", with: "Port \(port)")
        try TestFiles.write(config, to: "\(directory)/orb_config")
        try TestFiles.write(
            TestFiles.read("/etc/passwd") + "\(user):x:0:0::\(directory)/home:/bin/sh\n", to: "\(directory)/passwd",
            mode: 0o644)
        let key = template.knownHostsLine("ed25519").split(separator: " ").dropFirst().joined(separator: " ")
        try TestFiles.write("[127.0.0.1]:\(port) \(key)\n", to: "\(directory)/orb_known")
        let process = try Spawner.spawn(
            ProcessSpecification(
                executable: "/usr/bin/unshare",
                arguments: [
                    "--mount", "--propagation", "private", "/bin/sh", "-c",
                    "mount --bind '\(directory)/passwd' /etc/passwd && exec /usr/sbin/sshd -D -e -f '\(directory)/orb_config'",
                ], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
                standardError: .file("\(directory)/orb.log")))
        let isReady = await Waiting.until(within: .seconds(10)) {
            TestFiles.read("\(directory)/orb.log").contains("Server listening on") || process.status != nil
        }
        guard isReady, process.status == nil else {
            _ = await process.end(grace: .zero)
            throw TestSSHServer.Failure(description: TestFiles.read("\(directory)/orb.log"))
        }
        return OrbServer(port: port, knownHosts: "\(directory)/orb_known", process: process)
    }

    func stop() async {
        let sessions = ProcessTree.descendants(of: process.processID)
        _ = await process.end(grace: .seconds(2))
        _ = await ProcessTree.end(sessions, grace: .milliseconds(200))
    }
}
