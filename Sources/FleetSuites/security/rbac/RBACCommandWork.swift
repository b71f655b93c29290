import FleetModel
import FleetTestKit
import InterfaceProfile

/// One extension, one server and two people at their command lines: what may be done from there is really done, and seen
/// at the services themselves; what may not be is refused, and nothing comes of it.
struct CommandLineWork: Sendable {
    let context: TestContext
    /// May change the infrastructure.
    let developer: ProvisioningCLI
    /// May look.
    let viewer: ProvisioningCLI
    /// A server that lets the test in.
    let server: String
    /// Two versions of one taskserv.
    let first: TaskservFixture
    let second: TaskservFixture

    init(_ context: TestContext, developer: ProvisioningCLI, viewer: ProvisioningCLI, server: String) {
        (self.context, self.developer, self.viewer, self.server) = (context, developer, viewer, server)
        let name = context.unique("shipped")
        first = TaskservFixture(name: name, version: "1.2.0", port: 7190)
        second = TaskservFixture(name: name, version: "1.3.0", port: 7190)
    }

    private var type: String { TaskservFixture.type }
    private var name: String { first.name }
    private var item: OCIExtension { OCIExtension(type: type, name: name, version: first.version) }

    /// Publishes both versions, through the extension registry and past it.
    func publish() async throws {
        let (registry, repository) = (try context.registry, item.repository(context.profile))
        let files = try [first, second].map { fixture in
            let file = "\(context.scratch)/\(fixture.name)-\(fixture.version).tar.gz"
            try context.writeFile(fixture.archive(context), to: file)
            return file
        }
        for version in [first.version, second.version] {
            await context.cleanup("delete \(repository):\(version)") {
                guard let digest = try await registry.manifestHead(version, in: repository)?.digest else { return }
                _ = try await registry.deleteManifest(digest, from: repository)
            }
        }
        try await context.step("who may only look publishes nothing") {
            try await viewer.expect(.forbidden, ["extension", "publish", files[0]])
            try expectEqual(try await registry.tags(of: repository), [], "the tags")
        }
        try await context.step("a developer publishes an extension, and the registry has it") {
            try await developer.expect(.done, ["extension", "publish", files[0]])
            try expectEqual(try await registry.tags(of: repository), [first.version], "the tags")
            let found = try await viewer.rows(["extension", "search", name])
            try expectEqual(found.map { $0["name"]?.string }, [name], "what a search finds")
            let versions = try await viewer.rows(["extension", "versions", type, name])
            try expectEqual(versions.map { $0["version"]?.string }, [first.version], "its versions")
        }
        try await context.step("a version that is there is never replaced, and what is no extension is refused") {
            try await developer.expect(.conflict, ["extension", "publish", files[0]])
            let faulty = "\(context.scratch)/faulty.tar.gz"
            try context.writeFile(TarArchive.gzipped([ArchiveFile(path: "a", content: [1])]), to: faulty)
            try await developer.expect(.wrong, ["extension", "publish", faulty])
            try await developer.expect(.wrong, ["oci", "push", faulty])
        }
        try await context.step("the next version is pushed to the OCI registry itself") {
            try await developer.expect(.done, ["oci", "push", files[1]])
            let tags = try await developer.rows(["oci", "tags", name])
            try expectEqual(tags.map { $0["version"]?.string }, [second.version, first.version], "the versions")
            try expectEqual(try await registry.tags(of: repository), [first.version, second.version], "the tags")
            let listed = try await developer.rows(["oci", "list"])
            try expect(listed.contains { $0["name"]?.string == name }, "\(name) is listed", actual: listed)
        }
    }

    /// What was published comes back byte for byte, by both ways.
    func download() async throws {
        try await context.step("what was published is downloaded byte for byte") {
            let ways = [
                (["extension", "download", type, name, "--version", first.version], first),
                (["oci", "pull", "\(name):^1.3"], second), (["oci", "pull", "\(name):~1.2"], first),
            ]
            for (number, (words, fixture)) in ways.enumerated() {
                let file = "\(context.scratch)/downloaded-\(number)"
                try await viewer.expect(.done, words + ["--file", file])
                let content = Digest(of: try FileProbe.content(of: file))
                try expectEqual(content, Digest(of: fixture.archive(context)), "what “\(words)” has written")
            }
            try await viewer.expect(.notFound, ["oci", "pull", "\(name):^7"])
            let none = ["--version", "9.9.9", "--file", "\(context.scratch)/none"]
            try await viewer.expect(.notFound, ["extension", "download", type, name] + none)
        }
    }

    /// Loads the extension, goes forward and back; the orchestrator says the same.
    func load() async throws {
        let platform = try await context.platform
        let (type, name) = (type, name)
        await context.cleanup("unload \(name)") { try await platform.unloadAll(type, name) }
        func inForce() async throws -> String? { try await platform.extensionInForce(type, name)?.version }
        try await context.step("a developer loads it, the viewer does not") {
            try await viewer.expect(.done, ["extension", "validate", type, name])
            try await viewer.expect(.forbidden, ["extension", "load", type, name])
            try await viewer.expect(.notFound, ["extension", "show", type, name])
            try await developer.expect(.done, ["extension", "load", type, name, "--version", first.version])
            try expectEqual(try await inForce(), first.version, "the version in force")
            let listed = try await viewer.rows(["extension", "list"]).filter { $0["name"]?.string == name }
            try expectEqual(listed.map { $0["version"]?.string }, [first.version], "what the list says of it")
            try await viewer.expect(.done, ["extension", "show", type, name])
            try await viewer.expect(.done, ["extension", "cache"])
        }
        try await context.step("he goes to the next version, and back") {
            try await viewer.expect(.forbidden, ["extension", "update", type, name])
            try await developer.expect(.done, ["extension", "update", type, name])
            try expectEqual(try await inForce(), second.version, "the version in force")
            try await viewer.expect(.forbidden, ["extension", "rollback", type, name])
            try await developer.expect(.done, ["extension", "rollback", type, name])
            try expectEqual(try await inForce(), first.version, "the version in force")
        }
        try await context.step("unloading is a DELETE, which wants a second factor") {
            try await developer.expect(.forbidden, ["extension", "unload", type, name])
            try expectEqual(try await inForce(), first.version, "the version in force")
        }
    }

    /// Installs it on the server, whose daemon answers; the command line says how to get there.
    func install() async throws {
        let platform = try await context.platform
        let info = try require(try await platform.server(server), "the server")
        let daemon = TCPClient(host: try require(info.address, "its address"), port: first.port)
        try await context.step("he installs it on his server, and its daemon answers") {
            try await developer.expect(.done, ["taskserv", "create", first.reference, "--servers", server, "--check"])
            try expect(try await !daemon.isListening(), "nothing was installed by saying what would be")
            try await developer.expect(.done, ["taskserv", "create", first.reference, "--servers", server])
            _ = try await first.processID(at: daemon)
            try await developer.expect(.done, ["taskserv", "check", first.reference, "--servers", server])
            let listed = try await viewer.rows(["taskserv", "list", server])
            try expectEqual(listed.map { $0["name"]?.string }, [name], "the taskservs of the server")
        }
        try await context.step("removed, it is silent, and a check fails") {
            try await viewer.expect(.forbidden, ["taskserv", "delete", first.reference, "--servers", server])
            _ = try await first.processID(at: daemon)
            try await developer.expect(.done, ["taskserv", "delete", first.reference, "--servers", server])
            try expect(try await !daemon.isListening(), "nobody listens any more")
            try await developer.expect(.failed, ["taskserv", "check", first.reference, "--servers", server])
        }
        try await context.step("the command line says how to log in") {
            let words = try await viewer.expect(.done, ["server", "ssh", server])
            let (port, user) = (try require(info.sshPort, "the port"), try require(info.sshUser, "the user"))
            try expect(
                words.contains("-p \(port) \(user)@\(try require(info.address, "the address"))"), "it names the server",
                actual: words)
            try expect(words.contains(try require(info.sshHostKey, "the key")), "it has the host key", actual: words)
            try await viewer.expect(.done, ["server", "show", server])
        }
    }

    /// Submits a batch, follows it to its end, and takes it back.
    func batch() async throws {
        let (platform, server) = (try await context.platform, context.unique("bulk"))
        let file = "\(context.scratch)/batch.json"
        let definition =
            #"{"name":"\#(server)","operations":[{"id":"all","type":"server_batch","servers":["\#(server)"]}]}"#
        try context.writeFile(Array(definition.utf8), to: file)
        await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
        func listed(_ status: String) async throws -> String? {
            let rows = try await viewer.rows(["batch", "list", "--status", status, "--limit", "1000"])
            return rows.last { $0["name"]?.string == server }?["batch_id"]?.string
        }
        let id = try await context.step("a batch is a developer's to submit, and ends as its servers do") {
            try await viewer.expect(.forbidden, ["batch", "submit", file])
            try await developer.expect(.done, ["batch", "submit", file, "--monitor"])
            try expect(try await platform.server(server) != nil, "the server is there")
            return try require(try await listed("Completed"), "the batch among those that are completed")
        }
        try await context.step("he takes it back, and nobody else does") {
            try await viewer.expect(.forbidden, ["batch", "rollback", id])
            for verb in ["status", "checkpoints"] { try await viewer.expect(.done, ["batch", verb, id]) }
            try await viewer.expect(.done, ["batch", "stats"])
            // It has ended already.
            try await developer.expect(.conflict, ["batch", "cancel", id])
            try await developer.expect(.done, ["batch", "rollback", id])
            // What is followed does not end with everything completed.
            try await viewer.expect(.failed, ["batch", "monitor", id])
            try expectEqual(try await listed("RolledBack"), id, "the batch among those that are rolled back")
            try expectEqual(try await platform.server(server), nil, "the server")
        }
        try await context.step("he goes on with it, and it is there again") {
            try await developer.expect(.done, ["batch", "resume", id])
            try await viewer.expect(.done, ["batch", "monitor", id])
            try expect(try await platform.server(server) != nil, "the server is there")
        }
    }

    /// Who has shown a second factor takes everything away again.
    func remove(workspace: String, _ administrator: ProvisioningCLI) async throws {
        let platform = try await context.platform
        try await context.step("who has shown a second factor removes extension, workspace and server") {
            try await administrator.expect(.done, ["workspace", "show", workspace])
            try await administrator.expect(.done, ["workspace", "delete", workspace])
            try expectEqual(try await platform.workspace(workspace), nil, "the workspace")
            try await administrator.expect(.done, ["extension", "unload", type, name])
            try expectEqual(try await platform.extensionInForce(type, name), nil, "the extension in force")
            try await administrator.expect(.done, ["server", "delete", server])
            try expectEqual(try await platform.server(server), nil, "the server")
            try await context.expectAddresses([], of: "\(server).\(try context.zone)")
        }
    }
}
