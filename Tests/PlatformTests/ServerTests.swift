import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct ServerTests {
    let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func createdServerResolvesAndAnswersAndDeletedOneIsGone() async throws {
        try await TestPlatform.with { platform in
            try await LoginKey.with { key in
                try await platform.createServers(["web-1"], keys: [key.publicLine])
                let server = try await platform.server("web-1")
                #expect(server["status"].string == "running")
                let address = try #require(server["ip_address"].string)
                #expect(try await platform.knot.resolve("web-1.provisioning.local") == [address])

                let session = try await key.run("pwd; ls -A; echo \"[$HOME]\"; echo \"$0 $SHELL\"", on: server)
                let lines = session.output.split(separator: "\n").map(String.init)
                try #require(lines.count == 3, "\(session)")
                #expect(lines[0].hasSuffix("/servers/web-1/home") && lines[1] == "[\(lines[0])]")
                #expect(lines[2] == "/bin/sh /bin/sh")

                let records = try await platform.get(paths.dnsRecords).json["data"]
                #expect(records[0]["name"].string == "web-1.provisioning.local" && records[0]["ttl"].int == 300)

                let deletion = try await platform.send("DELETE", filledPath(paths.server, "web-1"))
                let task = try await platform.end(of: try #require(deletion.json["data"].string))
                #expect(task["status"].string == "Completed", "\(task)")
                #expect(try await platform.knot.resolve("web-1.provisioning.local") == [])
                #expect(try await platform.get(filledPath(paths.server, "web-1")).status == 404)
                #expect(try await key.run("true", on: server).status != .exited(0))
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func sessionEnvironmentIsClean() async throws {
        try await TestPlatform.with { platform in
            try await LoginKey.with { key in
                try await platform.createServers(["clean"], keys: [key.publicLine])
                let server = try await platform.server("clean")
                let session = try await key.run("env | cut -d= -f1 | sort | tr '\\n' ' '", on: server)
                #expect(
                    session.output
                        == "HOME LANG LOGNAME PATH PWD SERVER_NAME SHELL SSH_CONNECTION TERM USER ", "\(session.output)"
                )
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func failureInTheMiddleRollsBack() async throws {
        try await TestPlatform.with { platform in
            // The first server can be made; the name of the second is somebody else's.
            let body = #"{"servers":["first","ns"]}"#
            try await platform.createServers(["zero"])
            let task = try await platform.run(paths.createServers, body)
            #expect(task["status"].string == "Failed")
            #expect(task["error"].string?.contains("no server of ours") == true, "\(task)")
            #expect(try await platform.knot.resolve("first.provisioning.local") == [])
            let names = try await platform.get(paths.servers).json["data"].items.compactMap { $0["hostname"].string }
            #expect(names == ["zero"])
            let sshds = ProcessTree.descendants(of: platform.service.processID).filter { $0.name == "sshd" }
            #expect(sshds.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(2))) func checkModeChangesNothing() async throws {
        try await TestPlatform.with { platform in
            let task = try await platform.run(paths.createServers, #"{"servers":["ghost"],"check_mode":true}"#)
            #expect(task["status"].string == "Completed")
            #expect(task["output"].string?.contains("nothing was changed") == true)
            #expect(try await platform.get(paths.servers).json["data"].items.isEmpty)
            #expect(try await platform.knot.resolve("ghost.provisioning.local") == [])
        }
    }

    @Test(.timeLimit(.minutes(2))) func twoPlatformsGiveOutDifferentAddresses() async throws {
        try await TestPlatform.with { first in
            try await TestPlatform.with { second in
                try await first.createServers(["one"])
                try await second.createServers(["one"])
                let addresses = [try await first.server("one"), try await second.server("one")].map { $0["ip_address"] }
                #expect(addresses[0] != addresses[1])
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func nameOfSomethingElseInTheZoneIsNotTaken() async throws {
        try await TestPlatform.with { platform in
            let task = try await platform.run(paths.createServers, #"{"servers":["ns"]}"#)
            #expect(task["status"].string == "Failed" && task["error"].string?.contains("no server of ours") == true)
            #expect(try await platform.knot.resolve("ns.provisioning.local") == ["127.0.0.1"])
            #expect(try await platform.get(paths.servers).json["data"].items.isEmpty)
        }
    }
}
