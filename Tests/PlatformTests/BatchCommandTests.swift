import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// `provisioning batch …` and the options that say where things belong, against real orchestrators.
@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct BatchCommandTests {
    private func file(_ text: String, _ command: CommandRun) throws -> String {
        let path = "\(command.directory)/definition"
        try AtomicFile.write(Array(text.utf8), to: path)
        return path
    }

    private func definition(_ servers: String...) -> String {
        let list = servers.map { #""\#($0)""# }.joined(separator: ",")
        return #"""
            {"name":"shop","version":"1.0.0","storage_backend":"filesystem","parallel_limit":5,"rollback_enabled":true,
             "operations":[{"id":"one","type":"server_batch","provider":"upcloud","servers":[\#(list)],"dependencies":[]}]}
            """#
    }

    @Test(.timeLimit(.minutes(2))) func batchesAreSubmittedFollowedAndRolledBack() async throws {
        try await TestPlatform.with(settings: #"{"providers":{"upcloud":{"failing_names":["bad"]}}}"#) { platform in
            try await CommandRun.with(["orchestrator": platform.url]) { command in
                let wrapped = #"{"batch_workflow":\#(definition("a", "b"))}"#
                let submitted = try await command.run("batch", "submit", try file(wrapped, command), "-o", "json")
                let id = try #require(submitted.json["batch_id"].string, "\(submitted.output)")
                let followed = try await command.run("batch", "monitor", id)
                #expect(followed.status.isSuccess && followed.output.contains("one=Completed"), "\(followed.output)")
                #expect(try await platform.server("b")["provider"].string == "upcloud")
                let list = try await command.run("batch", "list", "--status", "completed")
                #expect(list.output.contains(id) && list.output.contains("CREATED_AT"), "\(list.output)")
                #expect(try await !command.run("batch", "list", "--status", "Running").output.contains(id))
                let status = try await command.run("batch", "status", id)
                #expect(
                    status.output.contains("status: Completed") && status.output.contains("a, b"), "\(status.output)")
                let stats = try await command.run("batch", "stats", "-o", "json")
                #expect(stats.json["batches"]["Completed"].int == 1, "\(stats.output)")
                #expect(try await command.run("batch", "checkpoints", id).output.contains("CHECKPOINT"))

                #expect(try await command.run("batch", "rollback", id).status.isSuccess)
                let back = try await command.run("batch", "monitor", id, "-o", "json")
                #expect(back.status == .exited(1) && back.output.contains("is RolledBack"), "\(back.output)")
                #expect(try await platform.server("a") == .null)
                #expect(try await command.run("batch", "cancel", id).status == .exited(73))
                #expect(try await command.run("batch", "resume", id).status.isSuccess)
                #expect(try await command.run("batch", "monitor", id).status.isSuccess)

                let bad = try await command.run(
                    "batch", "submit", "--monitor", try file(definition("c", "bad"), command))
                #expect(bad.status == .exited(1) && bad.output.contains("RolledBack"), "\(bad.output)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func whatCannotBeHadIsRefusedWithWords() async throws {
        try await TestPlatform.with { platform in
            try await CommandRun.with(["orchestrator": platform.url]) { command in
                let nickel = try await command.run("batch", "submit", try file("{ name = \"x\" }", command))
                #expect(nickel.status == .exited(65) && nickel.output.contains("nickel export"), "\(nickel.output)")
                let text = definition("a").replacing("filesystem", with: "surrealdb")
                let surreal = try await command.run("batch", "submit", try file(text, command))
                #expect(surreal.status == .exited(65) && surreal.output.contains("surrealdb"), "\(surreal.output)")
                #expect(try await command.run("batch", "submit", "/nowhere").status == .exited(65))

                let elsewhere = try await command.run("workspace", "init", "shop", "--path", "/tmp/shop")
                #expect(elsewhere.status == .exited(65) && elsewhere.output.contains("--path"), "\(elsewhere.output)")
                #expect(try await command.run("workspace", "show", "shop").status == .exited(66))
                let odd = try await command.run("workspace", "init", "shop", "--template", "odd")
                #expect(odd.status == .exited(65) && odd.output.contains("kubernetes-ha"), "\(odd.output)")
                let made = try await command.run(
                    "workspace", "init", "shop", "--template", "kubernetes-ha", "--environment", "prod", "-o", "json")
                #expect(made.json["environment"].string == "production", "\(made.output)")
                let clusters = "\(made.json["path"].string ?? "")/infra/clusters.ncl"
                #expect(try String(contentsOfFile: clusters, encoding: .utf8).contains("control_plane = 3"))

                let server = try await command.run(
                    "servers", "create", "far", "--provider", "upcloud", "--zone", "fi-hel1", "--plan", "1xCPU-1GB")
                #expect(server.status.isSuccess, "\(server.output)")
                let found = try await platform.server("far")
                #expect(found["zone"].string == "fi-hel1" && found["plan"].string == "1xCPU-1GB", "\(found)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: TestControlCenter.canRun, "needs PostgreSQL"))
    func optionsSayWhereServersBelong() async throws {
        try await TestControlCenter.with { center in
            let settings = #"{"security":{"control_center":"\#(center.center.url)"}}"#
            try await TestPlatform.with(mode: "multiuser", settings: settings) { platform in
                try await CommandRun.with(["orchestrator": platform.url, "control_center": center.center.url]) {
                    command in
                    let other = try await center.token("second")
                    let made = try await platform.send(
                        "POST", platform.profile.paths.workspaces, #"{"name":"theirs"}"#, token: other)
                    #expect(made.status == 201)
                    #expect(try await command.run("login", "developer", input: "developer-password\n").status.isSuccess)
                    func create(_ more: String...) async throws -> CommandRun.Result {
                        try await command.run(["server", "create", "web", "--check"] + more)
                    }
                    let theirs = try await create("--workspace", "theirs")
                    #expect(theirs.status == .exited(77) && theirs.output.contains("workspace-isolation"))
                    #expect(try await create("--environment", "production").status == .exited(77))
                    #expect(try await create("--environment", "moon").status == .exited(65))
                    #expect(try await create("--environment", "dev").status.isSuccess)
                    // A program may deploy to production, with an approval that holds at any hour.
                    #expect(try await command.run("login", "ci", input: "ci-password\n").status.isSuccess)
                    #expect(try await create("--environment", "production").status == .exited(77))
                    let approved = try await create("--environment", "production", "--approval-id", "EMERGENCY-1")
                    #expect(approved.status.isSuccess, "\(approved.output)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aRegistryForThisMachineIsStartedAndEnded() async throws {
        try await CommandRun.with([:]) { command in
            let port = try TestService.freePort()
            let service = try TestService(
                "\(command.directory)/provisioning", ["oci-registry", "start", "--port", "\(port)"],
                directory: command.directory, environment: ["HOME": command.directory])
            let url = "http://127.0.0.1:\(port)"
            do {
                try await service.wait(for: "listening") { service.log.contains("listening on") }
                #expect(service.log.hasPrefix("data: \(command.directory)/.provisioning/oci-registry\nurl: \(url)\n"))
                #expect(try await HTTP.send("GET", "\(url)/v2/").status == 200)
                let folder = "\(command.directory)/web"
                try PrivateDirectory.ensure(folder)
                let manifest = #"{"type":"cluster","name":"web","version":"1.0.0"}"#
                try AtomicFile.write(Array(manifest.utf8), to: "\(folder)/extension.json")
                let pushed = try await command.run("oci", "push", folder, "--oci-registry", url)
                #expect(pushed.status.isSuccess, "\(pushed.output)")
                #expect(try await command.run("oci", "list", "--oci-registry", url).output.contains("web"))
            } catch {
                await service.end()
                throw error
            }
            #expect(await service.end() != .signaled(9), "SIGTERM ends it: \(service.log)")
        }
    }
}
