import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct TaskservTests {
    let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func installedTaskservListensAndItsCheckFailsWhenItsDaemonIsDead() async throws {
        try await TestPlatform.with { platform in
            try await LoginKey.with { key in
                try await TestArtifact.listener("greeter", version: "1.9.0").push(to: platform.registry)
                try await TestArtifact.listener("greeter", version: "1.10.0").push(to: platform.registry)
                try await platform.createServers(["app"], keys: [key.publicLine])
                let server = try await platform.server("app")

                let install = try await platform.run(
                    paths.createTaskserv, #"{"taskserv":"greeter","servers":["app"]}"#)
                #expect(install["status"].string == "Completed", "\(install)")
                let output = install["output"].string ?? ""
                #expect(output.contains("installing greeter 1.10.0 on app") && output.contains("alive"))

                let answer = try await key.run(
                    #"cd taskservs/greeter && perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new("$ARGV[0]:$ARGV[1]") or die; print <$s>' "#
                        + "\(server["ip_address"].string ?? "") $(cat port)", on: server)
                #expect(answer.output == "hello\n", "\(answer)")

                _ = try await key.run("kill -9 $(cat taskservs/greeter/pid)", on: server)
                let body = #"{"taskserv":"greeter","servers":["app"],"operation":"check"}"#
                let check = try await platform.run(paths.createTaskserv, body)
                #expect(check["status"].string == "Failed", "\(check)")
                #expect(try await platform.server("app")["taskservs"][0]["status"].string == "stopped")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func failingInstallIsTakenOffAgain() async throws {
        try await TestPlatform.with { platform in
            try await LoginKey.with { key in
                var artifact = TestArtifact.listener("broken")
                artifact.files["check"] = "#!/bin/sh\necho not well >&2\nexit 3\n"
                try await artifact.push(to: platform.registry)
                try await platform.createServers(["app"], keys: [key.publicLine])
                let task = try await platform.run(paths.createTaskserv, #"{"taskserv":"broken","servers":["app"]}"#)
                #expect(task["status"].string == "Failed")
                #expect(task["error"].string?.contains("not well") == true, "\(task)")
                let server = try await platform.server("app")
                #expect(server["taskservs"].items.isEmpty)
                #expect(try await key.run("ls taskservs", on: server).output == "")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func daemonsEndWithTheirServerAndWithTheOrchestrator() async throws {
        try await TestPlatform.with { platform in
            try await TestArtifact.listener("greeter").push(to: platform.registry)
            try await platform.createServers(["one", "two"])
            let install = try await platform.run(
                paths.createTaskserv, #"{"taskserv":"greeter","servers":["one","two"]}"#)
            #expect(install["status"].string == "Completed", "\(install)")
            let before = ProcessTree.descendants(of: platform.service.processID)
            #expect(before.filter { $0.name == "perl" }.count == 2)

            _ = try await platform.run(paths.deleteServers, #"{"servers":["one"]}"#)
            let left = ProcessTree.descendants(of: platform.service.processID)
            #expect(left.filter { $0.name == "perl" }.count == 1)

            let handles = left.compactMap { ProcessHandle($0) }
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            let isOver = await Waiting.until(within: .seconds(10)) { handles.allSatisfy { !$0.isRunning } }
            #expect(isOver, "\(handles.filter(\.isRunning).map(\.info))")
        }
    }
}
