import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct TaskInterfaceTests {
    let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func cancelledTaskIsUndone() async throws {
        try await TestPlatform.with { platform in
            let names = (1...30).map { "\"s\($0)\"" }.joined(separator: ",")
            let answer = try await platform.send("POST", paths.createServers, "{\"servers\":[\(names)]}")
            let id = try #require(answer.json["data"].string)
            let begun = await Waiting.until(within: .seconds(20)) {
                let list = try? await platform.get(paths.servers).json["data"].items
                return (list?.count ?? 0) >= 2
            }
            #expect(begun)
            #expect(try await platform.send("POST", filledPath(paths.cancelTask, id)).status == 200)
            let task = try await platform.end(of: id)
            #expect(task["status"].string == "Cancelled", "\(task)")
            #expect(try await platform.get(paths.servers).json["data"].items.isEmpty)
            #expect(try await platform.knot.resolve("s1.provisioning.local") == [])
            #expect(ProcessTree.descendants(of: platform.service.processID).isEmpty)
            let again = try await platform.send("POST", filledPath(paths.cancelTask, id))
            #expect(again.status == 409 && again.text.contains("has ended"))
        }
    }

    @Test(.timeLimit(.minutes(2))) func dependenciesRunInTheirOrder() async throws {
        try await TestPlatform.with { platform in
            let first = try await platform.send("POST", paths.createServers, #"{"servers":["a"]}"#)
            let id = try #require(first.json["data"].string)
            try await TestArtifact.listener("greeter").push(to: platform.registry)
            let body = #"{"taskserv":"greeter","servers":["a"],"dependencies":["\#(id)"]}"#
            let task = try await platform.run(paths.createTaskserv, body)
            #expect(task["status"].string == "Completed", "\(task)")

            let none = "00000000-0000-4000-8000-000000000000"
            let unknown = try await platform.send(
                "POST", paths.createServers, #"{"servers":["b"],"dependencies":["\#(none)"]}"#)
            #expect(unknown.status == 400 && unknown.text.contains(none))
        }
    }

    @Test(.timeLimit(.minutes(2))) func theDocumentedFormIsTakenAndAnswered() async throws {
        try await TestPlatform.with { platform in
            func submit(_ path: String, _ params: String) async throws -> HTTP.Answer {
                try await platform.send("POST", path, #"{"infra":"wuji","params":\#(params)}"#)
            }
            let made = try await submit(paths.createServers, #"{"servers":["a"],"provider":"aws","plan":"t3.small"}"#)
            let task = try await platform.end(of: try #require(made.json["data"]["workflow_id"].string, "\(made.text)"))
            #expect(task["status"].string == "Completed" && task["args"].items.contains(.string("wuji")), "\(task)")
            let server = try await platform.server("a")
            #expect(server["plan"].string == "t3.small" && server["infra"].string == "wuji", "\(server)")
            let taskserv = try await submit(
                paths.createTaskserv, #"{"servers":["a"],"taskserv":"x","operation":"check"}"#)
            #expect(
                try await platform.end(of: taskserv.json["data"]["workflow_id"].string ?? "")["name"].string
                    == "check_taskserv")
            let twice = try await submit(paths.createServers, #"{"servers":["b"],"infra":"other"}"#)
            #expect(twice.status == 400 && twice.text.contains("infra: stands in params"), "\(twice.text)")
            let wrong = try await submit(paths.deleteServers, #"{"servers":"a"}"#)
            #expect(wrong.status == 400 && wrong.text.contains("servers: is no array"), "\(wrong.text)")
            #expect(try await submit(paths.createServers, "7").status == 400)
        }
    }

    @Test(.timeLimit(.minutes(2))) func failingTaskIsTriedAgain() async throws {
        try await TestPlatform.with { platform in
            try await platform.createServers(["a"])
            let body = #"{"taskserv":"late","servers":["a"],"max_attempts":8}"#
            let answer = try await platform.send("POST", paths.createTaskserv, body)
            let id = try #require(answer.json["data"].string)
            let failedOnce = await Waiting.until(within: .seconds(10)) {
                let task = try? await platform.get("/tasks/\(id)").json["data"]
                return task?["error"].string?.contains("attempt 1 of 8") == true
            }
            #expect(failedOnce)
            try await TestArtifact.listener("late").push(to: platform.registry)
            let task = try await platform.end(of: id)
            #expect(task["status"].string == "Completed" && (task["attempts"].int ?? 0) >= 2, "\(task)")
            #expect(task["error"] == .null)
        }
    }

    @Test(.timeLimit(.minutes(2))) func waitAnswersWithTheEnd() async throws {
        try await TestPlatform.with { platform in
            let answer = try await platform.send("POST", paths.createServers, #"{"servers":["a"],"wait":true}"#)
            let id = try #require(answer.json["data"].string)
            let task = try await platform.get("/tasks/\(id)").json["data"]
            #expect(task["status"].string == "Completed")
            let listed = try await platform.get("/tasks?status=completed&limit=1").json["data"]
            #expect(listed.items.count == 1 && listed[0]["id"].string == id)
            #expect(try await platform.get("/tasks?offset=1").json["data"].items.isEmpty)
        }
    }
}
