import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct EventTests {
    private let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func eventsOfATaskEndWithIt() async throws {
        try await TestPlatform.with { platform in
            let answer = try await platform.send("POST", paths.createServers, #"{"servers":["a"]}"#)
            let id = try #require(answer.json["data"].string)
            let url = "http://127.0.0.1:\(platform.port)\(filledPath(paths.taskEvents, id))"
            let events = try await Program.run("curl", ["-sN", "--max-time", "30", url], within: .seconds(40))
            #expect(events.status == .exited(0), "the stream did not end with the task: \(events)")
            let lines = events.output.split(separator: "\n").filter { $0.hasPrefix("data: ") }
            #expect(lines.last?.contains(#""status":"Completed","task_id":"\#(id)""#) == true, "\(events)")
            #expect(lines.allSatisfy { $0.contains(#""type":"task_status""#) })
            let none = "00000000-0000-4000-8000-000000000000"
            #expect(try await platform.get(filledPath(paths.taskEvents, none)).status == 404)
        }
    }

    @Test(.timeLimit(.minutes(2))) func aStreamEndsWithItsReader() async throws {
        try await TestPlatform.with { platform in
            func descriptors() async throws -> Int {
                let name = platform.profile.processMetrics.descriptors
                let line = try await platform.get(paths.metrics).text.split(separator: "\n").first {
                    $0.hasPrefix("\(name) ")
                }
                return Int(Double(line?.split(separator: " ").last ?? "") ?? 0)
            }
            let before = try await descriptors()
            // Nothing happens meanwhile that the streams could tell, and so be told that nobody reads any more.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        let reader = try await Program.run(
                            "curl", ["-sN", "--max-time", "1", platform.url + paths.events])
                        #expect(reader.status == .exited(28) && reader.output.contains("watching"), "\(reader)")
                    }
                }
                try await group.waitForAll()
            }
            let areGone = await Waiting.until(within: .seconds(10)) { (try? await descriptors()) ?? .max < before + 5 }
            let now = try await descriptors()
            #expect(areGone, "\(before) descriptors before, \(now) now")
        }
    }

    @Test(.timeLimit(.minutes(2))) func everyChangeIsTold() async throws {
        try await TestPlatform.with { platform in
            async let stream = Program.run(
                "curl", ["-sN", "--max-time", "30", "http://127.0.0.1:\(platform.port)\(paths.events)"],
                within: .seconds(40))
            // Somebody watches as soon as the queue knows of him; nothing says that from outside, so tasks are made until one is seen.
            var number = 0
            for _ in 0..<5 {
                number += 1
                let body = #"{"servers":["n\#(number)"],"check_mode":true}"#
                _ = try await platform.run(paths.createServers, body)
            }
            let queue = try await platform.get(paths.queue).json["data"]
            #expect(queue["width"].int == 4 && queue["counts"]["Completed"].int == 5, "\(queue)")
            // The stop of the server ends the stream, and does not wait for it.
            #expect(await platform.service.end() == .exited(0))
            let output = try await stream.output
            let states = ["Pending", "Running", "Completed"].filter { output.contains("\"status\":\"\($0)\"") }
            #expect(states == ["Pending", "Running", "Completed"], "\(output)")
        }
    }
}
