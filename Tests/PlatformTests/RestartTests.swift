import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct RestartTests {
    let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(3)), arguments: [30, 120, 350])
    func everyTaskEndsOnceAfterAKill(milliseconds: Int) async throws {
        try await TestPlatform.with { platform in
            var ids: [String] = []
            for number in 1...8 {
                let answer = try await platform.send("POST", paths.createServers, #"{"servers":["node-\#(number)"]}"#)
                ids.append(try #require(answer.json["data"].string))
            }
            try await Task.sleep(for: .milliseconds(milliseconds))
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
            let descendants = ProcessTree.descendants(of: platform.service.processID).compactMap { ProcessHandle($0) }
            #expect(!descendants.isEmpty)
            await platform.service.end()
            #expect(await Waiting.until(within: .seconds(2)) { descendants.allSatisfy { !$0.isRunning } })
            let second = try await platform.restarted()
            let status = try? await second.server("stays")["status"].string
            await second.service.end()
            #expect(status == "running")
        }
    }
}
