import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct ExtensionInterfaceTests {
    let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func loadsUpdatesAndGoesBack() async throws {
        try await TestPlatform.with { platform in
            for version in ["1.0.0", "1.1.0", "2.0.0"] {
                try await TestArtifact.listener("greeter", version: version).push(to: platform.registry)
            }
            var caller = TestArtifact.listener("caller")
            caller.needs = #"[{"type":"taskserv","name":"greeter","constraint":"^1"}]"#
            try await caller.push(to: platform.registry)

            let load = try await platform.send("POST", paths.loadExtension, #"{"type":"taskserv","name":"caller"}"#)
            #expect(load.status == 200 && load.json["data"]["loaded_dependencies"][0]["version"].string == "1.1.0")
            #expect(load.json["data"]["dependencies"][0]["constraint"].string == "^1", "\(load.text)")

            let greeter = filledPath(paths.loadedExtension, "taskserv", "greeter")
            let update = filledPath(paths.updateExtension, "taskserv", "greeter")
            let same = try await platform.send("POST", update, #"{"version":"~1.1"}"#)
            #expect(same.json["data"]["changed"] == .boolean(false), "\(same.text)")
            let newer = try await platform.send("POST", update, "{}")
            #expect(newer.json["data"]["version"].string == "2.0.0" && newer.json["data"]["previous"].string == "1.1.0")
            let back = try await platform.send("POST", filledPath(paths.rollbackExtension, "taskserv", "greeter"))
            #expect(back.json["data"]["version"].string == "1.1.0", "\(back.text)")
            #expect(try await platform.get(greeter).json["data"]["version"].string == "1.1.0")
            #expect(try await platform.get("\(greeter)?version=2.0.0").status == 404)
            #expect(
                try await platform.send("POST", filledPath(paths.rollbackExtension, "taskserv", "greeter")).status
                    == 409)

            let cache = try await platform.get(paths.extensionCache).json["data"]
            #expect(
                cache["entries"].int == 3 && cache["downloads"].int == 3 && cache["capacity"].int == 100, "\(cache)")
            #expect(try await platform.send("DELETE", greeter).json["data"]["unloaded"].int == 1)
            #expect(try await platform.get(greeter).status == 404)
        }
    }

    @Test(.timeLimit(.minutes(2))) func conflictsFaultsAndWrongWordsAreExplained() async throws {
        try await TestPlatform.with { platform in
            func post(_ path: String, _ body: String) async throws -> HTTP.Answer {
                try await platform.send("POST", path, body)
            }
            try await TestArtifact.listener("base", version: "1.0.0").push(to: platform.registry)
            var unfit = TestArtifact.listener("unfit")
            unfit.files["check"] = nil
            try await unfit.push(to: platform.registry)
            let broken = try await post(paths.validateExtension, #"{"type":"taskserv","name":"unfit"}"#)
            #expect(broken.json["data"]["valid"] == .boolean(false) && broken.text.contains("check"), "\(broken.text)")

            var app = TestArtifact.listener("app", version: "1.1.0")
            app.needs = #"[{"type":"taskserv","name":"base","constraint":"^2"}]"#
            try await app.push(to: platform.registry)
            let conflict = try await post(paths.loadExtension, #"{"type":"taskserv","name":"app"}"#)
            #expect(
                conflict.status == 409 && conflict.text.contains("taskserv app 1.1.0 asks for ^2"), "\(conflict.text)")
            let alone = try await post(
                paths.loadExtension, #"{"type":"taskserv","name":"app","version":"1.1.0","dependencies":false}"#)
            #expect(alone.status == 200, "\(alone.text)")

            for (body, status) in [
                (#"{"type":"module","name":"a"}"#, 400), (#"{"type":"taskserv","name":"A"}"#, 400),
                (#"{"type":"taskserv","name":"a","version":"^^"}"#, 400), (#"{"type":"taskserv","name":"none"}"#, 404),
                (#"{"type":"taskserv","name":"a","source":"gitea"}"#, 400),
                (#"{"type":"taskserv","name":"a","path":"/etc"}"#, 403), (#"{"name":"a"}"#, 400),
            ] {
                let answer = try await post(paths.loadExtension, body)
                #expect(answer.status == status, "\(body): \(answer.text)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aClusterIsLoadedFromAWorkspace() async throws {
        try await TestPlatform.with { platform in
            let made = try await platform.send("POST", paths.workspaces, #"{"name":"team"}"#)
            let workspace = try #require(made.json["data"]["path"].string)
            let directory = "\(workspace)/extensions/clusters/web"
            try PrivateDirectory.ensure(directory)
            let manifest = #"{"type":"cluster","name":"web","version":"0.1.0"}"#
            try AtomicFile.write(Array(manifest.utf8), to: "\(directory)/extension.json")
            let load = try await platform.send(
                "POST", paths.loadExtension, #"{"type":"cluster","name":"web","source":"local","path":"\#(directory)"}"#
            )
            #expect(load.status == 200 && load.json["data"]["source"].string == "local", "\(load.text)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func aTaskservComesWithWhatItNeeds() async throws {
        try await TestPlatform.with { platform in
            try await TestArtifact.listener("base", version: "1.2.0").push(to: platform.registry)
            var app = TestArtifact.listener("app")
            app.needs = #"[{"type":"taskserv","name":"base","constraint":"^1"}]"#
            try await app.push(to: platform.registry)
            var broken = app
            broken.name = "broken"
            broken.files["check"] = "#!/bin/sh\nexit 3\n"
            try await broken.push(to: platform.registry)
            try await platform.createServers(["one", "two"])

            let failed = try await platform.run(paths.createTaskserv, #"{"taskserv":"broken","servers":["one"]}"#)
            #expect(failed["status"].string == "Failed")
            #expect(try await platform.server("one")["taskservs"].items.isEmpty, "what came along is taken off too")

            let install = try await platform.run(paths.createTaskserv, #"{"taskserv":"app:^1","servers":["two"]}"#)
            #expect(install["status"].string == "Completed", "\(install)")
            let names = try await platform.server("two")["taskservs"].items.map { $0["name"].string }
            #expect(names == ["base", "app"])
            let again = try await platform.run(paths.createTaskserv, #"{"taskserv":"app","servers":["two"]}"#)
            #expect(again["output"].string?.contains("base 1.2.0 is there and will do") == true, "\(again)")
        }
    }
}
