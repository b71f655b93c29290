import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct RestartTests {
    let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(3)), arguments: [0, 1, 3, 6])
    func everyTaskEndsOnceAfterAKill(whenSoManyAreCompleted count: Int) async throws {
        try await TestPlatform.with { platform in
            var ids: [String] = []
            for number in 1...8 {
                let answer = try await platform.send("POST", paths.createServers, #"{"servers":["node-\#(number)"]}"#)
                ids.append(try #require(answer.json["data"].string))
            }
            let isTime = await Waiting.until(within: .seconds(30)) {
                let completed = try? await platform.get("\(paths.tasks)?status=Completed").json["data"].items
                return (completed?.count ?? 0) >= count
            }
            #expect(isTime)
            let before = ProcessTree.descendants(of: platform.service.processID).compactMap { ProcessHandle($0) }
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            #expect(await Waiting.until(within: .seconds(10)) { before.allSatisfy { !$0.isRunning } })

            let second = try await platform.restarted()
            do {
                for id in ids {
                    let task = try await second.end(of: id)
                    #expect(task["status"].string == "Completed", "\(task)")
                }
                let listed = try await second.get("\(paths.tasks)?limit=1000").json["data"].items
                #expect(listed.compactMap { $0["id"].string }.sorted() == ids.sorted())
                for number in 1...8 {
                    let server = try await second.server("node-\(number)")
                    #expect(server["status"].string == "running")
                    let seen = try await second.knot.resolve("node-\(number).provisioning.local")
                    #expect(seen == [server["ip_address"].string ?? ""])
                }
            } catch {
                await second.service.end()
                throw TestServiceError("\(error)\n--- second log:\n\(second.service.log.suffix(6000))")
            }
            await second.service.end()
        }
    }

    @Test(.timeLimit(.minutes(2))) func stopIsGracefulAndServersComeBack() async throws {
        try await TestPlatform.with { platform in
            try await platform.createServers(["stays"])
            let before = try await platform.server("stays")
            let descendants = ProcessTree.descendants(of: platform.service.processID).compactMap { ProcessHandle($0) }
            #expect(!descendants.isEmpty)
            let changes = try await platform.knot.history()
            #expect(await platform.service.end() == .exited(0))
            #expect(await Waiting.until(within: .seconds(2)) { descendants.allSatisfy { !$0.isRunning } })
            let second = try await platform.restarted()
            #expect(try await platform.knot.history() == changes, "the zone was right, and is changed")
            let after = try? await second.server("stays")
            await second.service.end()
            #expect(after?["status"].string == "running" && after?["ip_address"] == before["ip_address"])
            #expect(after?["ssh_port"] == before["ssh_port"] && after?["ssh_host_key"] == before["ssh_host_key"])
        }
    }

    @Test(.timeLimit(.minutes(2))) func stopDoesNotWaitForCallersWhoWait() async throws {
        try await TestPlatform.with { platform in
            var artifact = TestArtifact.listener("slow")
            artifact.files["install"] = "#!/bin/sh\necho begun > begun\nsleep 120\n"
            try await artifact.push(to: platform.registry)
            try await platform.createServers(["app"])
            async let waiting = platform.send(
                "POST", paths.createTaskserv, #"{"taskserv":"slow","servers":["app"],"wait":true}"#)
            let isBegun = await Waiting.until(within: .seconds(20)) {
                ProcessTree.descendants(of: platform.service.processID).contains { $0.name == "sleep" }
            }
            #expect(isBegun)
            #expect(await platform.service.end() == .exited(0))
            let answer = try await waiting
            #expect(answer.status == 200)
        }
    }

    @Test(.timeLimit(.minutes(1))) func directoryOfSomethingElseIsRefused() async throws {
        let directory = try TestService.temporaryDirectory("foreign")
        defer { _ = DirectoryTree.remove(directory) }
        try AtomicFile.write(Array("mine".utf8), to: "\(directory)/file")
        let result = try await Program.run(
            TestPlatform.executable,
            [
                "orchestrator", "--listen", "127.0.0.1:0", "--data", directory, "--dns", "127.0.0.1:1",
                "--dns-key-file", "/nonexistent", "--registry", "http://127.0.0.1:1",
            ])
        #expect(result.status == .exited(1) && result.output.contains("holds something else"), "\(result)")
    }
}
