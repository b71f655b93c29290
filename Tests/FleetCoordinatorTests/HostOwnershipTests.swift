import FleetSSH
import FleetSystem
import FleetTestSupport
import Foundation
import Logging
import NIOPosix
import Testing

@testable import FleetCoordinator

/// What another user of a host prepared is neither filled nor run.
@Suite("Working directories that are not ours alone", .timeLimit(.minutes(1)))
struct HostOwnershipTests {
    private func with(_ body: (String) async throws -> Void) async throws {
        let path = try TestFiles.makeDirectory(prefix: "fleet-own")
        defer { TestFiles.remove(path) }
        try await body(path)
    }

    private func make(_ path: String, mode: mode_t = 0o700, owner: uid_t = geteuid()) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(chmod(path, mode) == 0 && chown(path, owner, owner) == 0)
    }

    /// What the function says of a directory in one shell; empty when it is content.
    private func answer(_ shell: [String], _ directory: String) async throws -> String {
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: shell[0],
                arguments: Array(shell.dropFirst()) + ["-c", "\(HostOwnership.function); ours '\(directory)'"],
                environment: ["PATH": "/usr/bin:/bin"], standardInput: .null, standardOutput: .pipe,
                standardError: .pipe))
        let capture = BoundedCapture()
        if let descriptor = child.takeStandardError() { capture.start(descriptor) }
        let status = await child.exit(within: .seconds(10))
        #expect(await capture.finished(within: .seconds(5)))
        let text = capture.output.headText
        #expect(status == .exited(text.isEmpty ? 0 : 1), "\(text)")
        return text
    }

    private static let shells = [["/bin/dash"], ["/bin/bash", "--posix"], ["/bin/busybox", "sh"]].filter {
        access($0[0], X_OK) == 0
    }

    @Test(
        "The function knows owner, rights and links, in every shell there is",
        .enabled(if: getuid() == 0, "needs root"),
        arguments: shells)
    func function(shell: [String]) async throws {
        try await with { root in
            let work = "\(root)/a place"
            try make(work, mode: 0o755)
            #expect(try await answer(shell, work).isEmpty)
            try make("\(work)/bundles")
            #expect(try await answer(shell, work).isEmpty)
            try make("\(work)/bundles/0a")
            try TestFiles.write("", to: "\(work)/bundles/lock")
            #expect(try await answer(shell, work).isEmpty)
            for place in [work, "\(work)/bundles", "\(work)/bundles/0a"] {
                for mode in [0o1777, 0o770, 0o702] as [mode_t] {
                    try make(place, mode: mode)
                    let words = "others may write to \(place); name a directory of your own below it\n"
                    #expect(try await answer(shell, work) == words)
                }
                try make(place, owner: 65534)
                let words = "\(place) belongs to user 65534, not to us; choose another place\n"
                #expect(try await answer(shell, work) == words)
                try make(place)
            }
            #expect(symlink("/tmp", "\(work)/packs") == 0)
            #expect(try await answer(shell, work).contains("\(work)/packs is a link"))
        }
    }

    @Test(
        "Push and probe refuse over a real sshd, before anything is written or run there",
        .enabled(if: TestSSHServer.isAvailable && getuid() == 0, "needs root and sshd"))
    func push() async throws {
        try await with { root in
            let server = try await TestSSHServer.start()
            do {
                try await refuse(root, server)
            } catch {
                await server.stop()
                throw error
            }
            await server.stop()
        }
    }

    private func refuse(_ root: String, _ server: TestSSHServer) async throws {
        try make("\(root)/foreign", owner: 65534)
        try make("\(root)/open", mode: 0o1777)
        try make("\(root)/inside/bundles", owner: 65534)
        for (name, words) in [
            ("foreign", "\(root)/foreign belongs to user 65534, not to us"),
            ("open", "others may write to \(root)/open; name a directory of your own below it"),
            ("inside", "\(root)/inside/bundles belongs to user 65534, not to us"),
        ] {
            let transport = try transport(server, "\(root)/\(name)")
            for _ in 1...2 {
                let error = await #expect(throws: LinkError.self) { _ = try await transport.resolvedWorkdir() }
                #expect(error?.kind == .permanent && error?.description.contains(words) == true, "\(error as Any)")
            }
            let facts = try await HostExamination.facts(of: transport, bundles: try BundleShelf(directory: nil))
            guard case .own(let found) = facts.directoryProblem else {
                Issue.record("\(facts)")
                continue
            }
            #expect(found.contains(words))
            await transport.close()
            let left = try DirectoryTree.names(in: "\(root)/\(name)")
            #expect(left == (name == "inside" ? ["bundles"] : []))
            #expect(try DirectoryTree.names(in: "\(root)/inside/bundles").isEmpty)
        }
        // One that can be used, with the same shell lines.
        let transport = try transport(server, "\(root)/ours")
        let facts = try await HostExamination.facts(of: transport, bundles: try BundleShelf(directory: nil))
        #expect(facts.directoryProblem == nil)
        await transport.close()
    }

    private func transport(_ server: TestSSHServer, _ workdir: String) throws -> SSHTransport {
        var target = SSHTarget(
            host: "127.0.0.1", port: server.port, user: TestSSHServer.user, identityFiles: [server.clientKey],
            knownHosts: KnownHostsPolicy(files: [server.knownHosts]))
        target.identityAgent = .none
        return SSHTransport(
            target: target, bundles: try BundleShelf(directory: nil), packs: [], workdir: workdir,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
}
