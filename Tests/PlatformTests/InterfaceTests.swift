import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct InterfaceTests {
    let profile = InterfaceProfile.standard

    @Test(.timeLimit(.minutes(2))) func answersAsDocumented() async throws {
        try await TestPlatform.with { platform in
            let health = try await platform.get(profile.paths.health)
            #expect(health.text == #"{"success":true,"data":"Orchestrator is healthy"}"#)
            let ready = try await platform.get(profile.paths.ready)
            #expect(ready.status == 200, "\(ready.text)")
            let login = try await platform.send("POST", profile.paths.login, #"{"username":"admin"}"#)
            #expect(login.status == 404 && login.json["success"] == .boolean(false))
            let identity = try await platform.get(profile.paths.identity).json["data"]
            #expect(identity["username"].string == "admin" && identity["roles"][0].string == "admin")
            let metrics = try await platform.get(profile.paths.metrics).text
            #expect(metrics.contains("\(profile.metrics.tasks){status=\"Pending\"} 0.0"))
            #expect(metrics.contains("# TYPE \(profile.metrics.requests) counter"))
        }
    }

    @Test(.timeLimit(.minutes(2))) func objectsHaveTheProfilesFields() async throws {
        try await TestPlatform.with { platform in
            try await platform.createServers(["app"])
            let fields = profile.fields
            let task = try await platform.get(profile.paths.tasks).json["data"][0]
            let taskFields: Set = [
                fields.task.id, fields.task.name, fields.task.command, fields.task.arguments, fields.task.dependencies,
                fields.task.status, fields.task.createdAt, fields.task.startedAt, fields.task.completedAt,
                fields.task.output, fields.task.error, fields.task.attempts, fields.task.priority,
            ]
            #expect(task.keys == taskFields)
            let server = try await platform.server("app")
            let serverFields: Set = [
                fields.server.id, fields.server.name, fields.server.dnsName, fields.server.provider,
                fields.server.infra, fields.server.address, fields.server.sshPort, fields.server.sshUser,
                fields.server.sshHostKey, fields.server.status, fields.server.createdAt, fields.server.taskservs,
                fields.server.settings, fields.server.providerID, fields.server.zone, fields.server.plan,
                fields.server.simulated, fields.server.tags,
            ]
            #expect(serverFields == server.keys)
            let record = try await platform.get(profile.paths.dnsRecords).json["data"][0]
            let recordFields: Set = [
                fields.record.name, fields.record.type, fields.record.value, fields.record.ttl,
                fields.record.registered,
            ]
            #expect(record.keys == recordFields)
        }
    }

    @Test(.timeLimit(.minutes(2))) func wrongRequestsAreToldWhatIsWrong() async throws {
        let cases: [(method: String, path: String, body: String, status: Int, words: String)] = [
            ("GET", "/tasks?limit=0", "", 400, "limit"), ("GET", "/tasks?limit=1001", "", 400, "1 to 1000"),
            ("GET", "/tasks?offset=-1", "", 400, "offset"), ("GET", "/tasks?status=Odd", "", 400, "Pending"),
            ("GET", "/tasks/seven", "", 400, "UUID"),
            ("GET", "/tasks/00000000-0000-4000-8000-000000000000", "", 404, "no task"),
            ("POST", "/workflows/servers/create", "{", 400, "no JSON"),
            ("POST", "/workflows/servers/create", "{}", 400, "servers"),
            ("POST", "/workflows/servers/create", #"{"servers":"a"}"#, 400, "array"),
            ("POST", "/workflows/servers/create", #"{"servers":["Bad Name"]}"#, 400, "servers[0]"),
            ("POST", "/workflows/servers/create", #"{"servers":["a","a"]}"#, 400, "twice"),
            ("POST", "/workflows/servers/create", #"{"servers":["a"],"max_attempts":11}"#, 400, "max_attempts"),
            (
                "POST", "/workflows/servers/create", #"{"servers":["a"],"authorized_keys":["x"]}"#, 400,
                "authorized_keys"
            ),
            ("POST", "/workflows/servers/delete", #"{"servers":["a"]}"#, 404, "no server a"),
            ("POST", "/workflows/taskserv/create", #"{"servers":["a"]}"#, 400, "taskserv"),
            ("POST", "/workflows/taskserv/create", #"{"servers":["a"],"taskserv":"../x"}"#, 400, "name"),
            (
                "POST", "/workflows/taskserv/create", #"{"servers":["a"],"taskserv":"x","operation":"y"}"#, 400,
                "operation"
            ),
            ("DELETE", "/api/v1/servers/none", "", 404, "no server none"),
            ("POST", "/api/v1/workspaces", #"{"name":"../../etc"}"#, 400, "name"),
            ("DELETE", "/api/v1/workspaces/none", "", 404, "none"), ("GET", "/nowhere", "", 404, ""),
            ("POST", "/api/v1/extensions/load", #"{"type":"odd","name":"x"}"#, 400, "taskserv"),
            ("POST", "/api/v1/extensions/load", #"{"type":"taskserv","name":"x"}"#, 404, "no taskserv x"),
        ]
        try await TestPlatform.with { platform in
            for item in cases {
                let answer = try await platform.send(item.method, item.path, item.body)
                #expect(answer.status == item.status, "\(item.method) \(item.path) \(item.body): \(answer.text)")
                #expect(answer.json["success"] == .boolean(false), "\(item.path): \(answer.text)")
                let error = answer.json["error"].string ?? ""
                #expect(item.words.isEmpty || error.contains(item.words), "\(item.path) \(item.body): \(error)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func workspacesAreDirectoriesWithTheLayout() async throws {
        try await TestPlatform.with { platform in
            let paths = profile.paths
            let made = try await platform.send("POST", paths.workspaces, #"{"name":"shop"}"#)
            #expect(made.status == 201, "\(made.text)")
            let again = try await platform.send("POST", paths.workspaces, #"{"name":"shop"}"#)
            #expect(again.status == 409, "\(again.text)")
            let shop = try await platform.get(filledPath(paths.workspace, "shop")).json["data"]
            let entries = Set(shop["entries"].items.compactMap(\.string))
            #expect(entries.isSuperset(of: profile.workspace.directories + profile.workspace.files))
            #expect(try await platform.get(paths.workspaces).json["data"].items.count == 1)
            #expect(try await platform.send("DELETE", filledPath(paths.workspace, "shop")).status == 200)
            #expect(try await platform.get(filledPath(paths.workspace, "shop")).status == 404)
        }
    }

    @Test(.timeLimit(.minutes(2))) func loadedExtensionsAreNotDownloadedAgain() async throws {
        try await TestPlatform.with { platform in
            let paths = profile.paths
            try await TestArtifact.listener("kubernetes", version: "1.28.0").push(to: platform.registry)
            let body = #"{"type":"taskserv","name":"kubernetes"}"#
            let first = try await platform.send("POST", paths.loadExtension, body).json["data"]
            #expect(first["version"].string == "1.28.0" && first["cached"] == .boolean(false), "\(first)")
            let second = try await platform.send("POST", paths.loadExtension, body).json["data"]
            #expect(second["cached"] == .boolean(true) && second["checksum"] == first["checksum"])
            let metrics = try await platform.get(paths.metrics).text
            #expect(metrics.contains("\(profile.metrics.downloads) 1.0"))
            let listed = try await platform.get(paths.extensions).json["data"]
            #expect(listed.items.count == 1 && listed[0]["name"].string == "kubernetes")
            let one = try await platform.get(filledPath(paths.loadedExtension, "taskserv", "kubernetes"))
            #expect(one.status == 200)
            let requests = platform.registry.service.log.split(whereSeparator: \.isNewline)
                .filter { $0.contains("\"GET /v2/extensions/taskserv/kubernetes/blobs/") && $0.contains(" 200 ") }
            #expect(requests.count == 1, "\(requests)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func archiveThatIsNotWhatItSaysIsRefused() async throws {
        try await TestPlatform.with { platform in
            var artifact = TestArtifact.listener("liar")
            artifact.files["extension.json"] = #"{"type":"taskserv","name":"other","version":"1.0.0"}"#
            try await artifact.push(to: platform.registry)
            let body = #"{"type":"taskserv","name":"liar"}"#
            let answer = try await platform.send("POST", profile.paths.loadExtension, body)
            #expect(answer.status == 500 && answer.text.contains("says that it is"), "\(answer.text)")
        }
    }
}
