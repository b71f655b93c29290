import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

/// Batches in a real orchestrator, with real servers beside the simulated ones.
@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct BatchTests {
    private let paths = InterfaceProfile.standard.batchPaths
    private let servers = InterfaceProfile.standard.paths.servers

    private func submit(_ workflow: String, to platform: TestPlatform) async throws -> String {
        let answer = try await platform.send("POST", paths.execute, #"{"workflow":\#(workflow)}"#)
        guard let id = answer.json["data"]["batch_id"].string else { throw TestServiceError("\(answer.text)") }
        return id
    }

    private func end(of id: String, _ platform: TestPlatform) async throws -> JSON {
        var batch = JSON.null
        let isOver = await Waiting.until(within: .seconds(60), every: .milliseconds(50)) {
            batch = (try? await platform.get(filledPath(paths.batch, id)).json["data"]) ?? .null
            return !["Pending", "Running", ""].contains(batch["status"].string ?? "")
        }
        guard isOver else { throw TestServiceError("the batch did not end: \(batch)") }
        return batch
    }

    private func names(_ platform: TestPlatform) async throws -> [String] {
        try await platform.get(servers).json["data"].items.compactMap { $0["hostname"].string }
    }

    @Test(.timeLimit(.minutes(2))) func mixedProvidersWorkTogether() async throws {
        try await TestPlatform.with { platform in
            try await TestArtifact.listener("greeter").push(to: platform.registry)
            let workflow = #"""
                {"name":"mixed","version":"1.0.0","parallel_limit":3,"operations":[
                 {"id":"aws","type":"server_batch","provider":"aws","servers":["a1","a2"],"dependencies":[]},
                 {"id":"upcloud","type":"server_batch","provider":"upcloud","servers":["u1"],"zone":"fi-hel1"},
                 {"id":"local","type":"server_batch","provider":"local","servers":["l1"],"dependencies":["aws"]},
                 {"id":"tools","type":"taskserv_batch","items":["greeter"],"servers":["l1"],"depends_on":["local"]},
                 {"id":"look","type":"check","target":"server","items":["a1","u1","l1"],"depends_on":["tools","upcloud"]}]}
                """#
            let batch = try await end(of: try await submit(workflow, to: platform), platform)
            #expect(batch["status"].string == "Completed" && batch["progress"] == .number(1), "\(batch)")
            #expect(try await names(platform) == ["a1", "a2", "l1", "u1"])
            for (name, provider) in [("a1", "aws"), ("u1", "upcloud"), ("l1", "local")] {
                let server = try await platform.server(name)
                #expect(server["provider"].string == provider && server["status"].string == "running")
                #expect(server["simulated"] == .boolean(provider != "local"))
                let seen = try await platform.knot.resolve("\(name).provisioning.local")
                #expect(seen == [server["ip_address"].string ?? ""])
            }
            #expect(try await platform.server("l1")["taskservs"][0]["status"].string == "running")
            #expect(try await platform.server("u1")["zone"].string == "fi-hel1")
            let stats = try await platform.get(paths.stats).json["data"]
            #expect(stats["batches"]["Completed"].int == 1 && stats["operations"]["Completed"].int == 5)
        }
    }

    @Test(.timeLimit(.minutes(2))) func failureRollsBackWhatWasDone() async throws {
        try await TestPlatform.with(settings: #"{"providers":{"upcloud":{"failing_names":["bad"]}}}"#) { platform in
            try await platform.createServers(["stays"])
            let workflow = #"""
                {"name":"rollback","operations":[
                 {"id":"one","type":"server_batch","servers":["r1"]},
                 {"id":"two","type":"server_batch","provider":"aws","servers":["r2"],"dependencies":["one"]},
                 {"id":"three","type":"server_batch","provider":"upcloud","servers":["r3","bad"],"dependencies":["two"]}]}
                """#
            let id = try await submit(workflow, to: platform)
            let batch = try await end(of: id, platform)
            #expect(batch["status"].string == "RolledBack", "\(batch)")
            #expect(batch["error"].string?.contains("bad") == true)
            #expect(batch["operations"].items.map { $0["status"].string } == ["RolledBack", "RolledBack", "Failed"])
            #expect(try await names(platform) == ["stays"])
            for name in ["r1", "r2", "r3", "bad"] {
                #expect(try await platform.knot.resolve("\(name).provisioning.local") == [])
            }
            let undone = platform.service.log.split(separator: "\n").filter { $0.contains("operation is undone") }
            #expect(undone.map { $0.contains("operation=two") } == [true, false], "\(undone)")
            // An operation on a name that is somebody else's fails, and leaves him alone.
            let foreign = #"{"name":"x","operations":[{"id":"take","type":"server_batch","servers":["stays"]}]}"#
            let refused = try await end(of: try await submit(foreign, to: platform), platform)
            #expect(refused["status"].string == "RolledBack")
            #expect(try await names(platform) == ["stays"])
        }
    }

    @Test(.timeLimit(.minutes(2))) func partialFailureKeepsWhatThePolicyKeeps() async throws {
        try await TestPlatform.with(settings: #"{"providers":{"aws":{"failing_names":["p2"]}}}"#) { platform in
            let workflow = #"""
                {"name":"partial","rollback":{"on_partial_failure":false},"operations":[
                 {"id":"some","type":"create","provider":"aws","items":["p1","p2","p3"],"on_failure":"continue"},
                 {"id":"soft","type":"create","provider":"aws","items":["p4"],"depends_on":[{"id":"some","type":"soft"}]},
                 {"id":"hard","type":"create","provider":"aws","items":["p5"],"depends_on":["some"]}]}
                """#
            let id = try await submit(workflow, to: platform)
            let batch = try await end(of: id, platform)
            #expect(batch["status"].string == "PartiallyCompleted", "\(batch)")
            #expect(batch["operations"].items.map { $0["status"].string } == ["Failed", "Completed", "Skipped"])
            #expect(batch["operations"][0]["items_done"].int == 2)
            #expect(try await names(platform) == ["p1", "p3", "p4"])
            let answer = try await platform.send("POST", filledPath(paths.rollback, id))
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await end(of: id, platform)["status"].string == "RolledBack")
            #expect(try await names(platform) == [])
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: [1, 3]) func killedBatchGoesOn(after completions: Int) async throws {
        try await TestPlatform.with { platform in
            let operations = (1...5).map { number in
                let needs = number == 1 ? "" : #","dependencies":["o\#(number - 1)"]"#
                return #"{"id":"o\#(number)","type":"server_batch","servers":["k\#(number)"]\#(needs)}"#
            }
            let workflow =
                #"{"name":"kill","rollback":{"checkpoint_interval":1},"operations":[\#(operations.joined(separator: ","))]}"#
            let id = try await submit(workflow, to: platform)
            let isTime = await Waiting.until(within: .seconds(30)) {
                let batch = try? await platform.get(filledPath(paths.batch, id)).json["data"]
                return (batch?["completions"].int ?? 0) >= completions
            }
            #expect(isTime)
            let first = try await platform.server("k1")
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            await platform.service.end()
            let second = try await platform.restarted()
            do {
                let batch = try await end(of: id, second)
                #expect(batch["status"].string == "Completed", "\(batch)")
                #expect(try await second.server("k1")["id"] == first["id"])
                #expect(try await names(second) == ["k1", "k2", "k3", "k4", "k5"])
                let checkpoints = try await second.get(filledPath(paths.checkpoints, id)).json["data"].items
                #expect(checkpoints.count == 5)
                let body = #"{"checkpoint":2}"#
                #expect(try await second.send("POST", filledPath(paths.rollback, id), body).status == 200)
                #expect(try await end(of: id, second)["status"].string == "PartiallyCompleted")
                #expect(try await names(second) == ["k1", "k2"])
                #expect(try await second.send("POST", filledPath(paths.resume, id)).status == 200)
                #expect(try await end(of: id, second)["status"].string == "Completed")
                #expect(try await names(second).count == 5)
                #expect(try await second.server("k1")["id"] == first["id"])
            } catch {
                await second.service.end()
                throw TestServiceError("\(error)\n--- second log:\n\(second.service.log.suffix(6000))")
            }
            await second.service.end()
        }
    }

    @Test(.timeLimit(.minutes(2))) func cancelledBatchLeavesNothing() async throws {
        try await TestPlatform.with { platform in
            var artifact = TestArtifact.listener("slow")
            artifact.files["install"] = "#!/bin/sh\necho begun > begun\nsleep 120\n"
            try await artifact.push(to: platform.registry)
            let workflow = #"""
                {"name":"cancel","operations":[
                 {"id":"make","type":"server_batch","servers":["c1","c2"]},
                 {"id":"slow","type":"taskserv_batch","items":["slow"],"servers":["c1"],"dependencies":["make"]}]}
                """#
            let id = try await submit(workflow, to: platform)
            let isBusy = await Waiting.until(within: .seconds(20)) {
                ProcessTree.descendants(of: platform.service.processID).contains { $0.name == "sleep" }
            }
            #expect(isBusy)
            #expect(try await platform.send("POST", filledPath(paths.cancel, id)).status == 200)
            let batch = try await end(of: id, platform)
            #expect(batch["status"].string == "Cancelled", "\(batch)")
            #expect(try await names(platform) == [])
            #expect(try await platform.knot.resolve("c1.provisioning.local") == [])
            #expect(ProcessTree.descendants(of: platform.service.processID).isEmpty)
            #expect(try await platform.send("POST", filledPath(paths.cancel, id)).status == 409)
        }
    }

    @Test(.timeLimit(.minutes(2))) func batchIsWatchedAndResumed() async throws {
        try await TestPlatform.with { platform in
            let workflow = #"""
                {"name":"watch","operations":[
                 {"id":"make","type":"server_batch","servers":["w1"]},
                 {"id":"late","type":"taskserv_batch","items":["late"],"servers":["w1"],"dependencies":["make"],
                  "on_failure":"fail"}]}
                """#
            let id = try await submit(workflow, to: platform)
            async let stream = Program.run(
                "curl",
                ["-sN", "--max-time", "30", "http://127.0.0.1:\(platform.port)\(filledPath(paths.events, id))"],
                within: .seconds(40))
            var revision = 0
            var seen: [String] = []
            for _ in 0..<50 where !seen.contains("Failed") {
                let poll = "\(filledPath(paths.batch, id))?since=\(revision)&wait=10"
                let answer = try await platform.get(poll).json["data"]
                let next = try #require(answer["revision"].int)
                #expect(next > revision, "the long poll came back with nothing new")
                revision = next
                seen.append(answer["status"].string ?? "")
            }
            #expect(seen.last == "Failed", "\(seen)")
            let events = try await stream.output
            #expect(events.hasPrefix(": watching\n") && events.contains("event: batch_status\n"), "\(events)")
            #expect(events.contains(#""batch_id":"\#(id)""#) && events.contains(#""status":"Failed""#))
            try await TestArtifact.listener("late").push(to: platform.registry)
            let before = try await platform.server("w1")["id"]
            #expect(try await platform.send("POST", filledPath(paths.resume, id)).status == 200)
            let batch = try await end(of: id, platform)
            #expect(batch["status"].string == "Completed", "\(batch)")
            #expect(try await platform.server("w1")["id"] == before)
            let listed = try await platform.get("\(paths.batches)?status=completed").json["data"].items
            #expect(listed.count == 1)
            let wrong = try await platform.send("POST", paths.execute, #"{"workflow":"{\"name\":1}"}"#)
            #expect(wrong.status == 400 && wrong.text.contains("name"), "\(wrong.text)")
        }
    }
}
