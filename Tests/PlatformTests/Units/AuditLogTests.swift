import Crypto
import FleetSystem
import FleetTestSupport
import Foundation
import Hummingbird
import Testing

@testable import PlatformService

struct AuditLogTests {
    private func event(_ action: String, user: String = "ada", status: Int = 200) -> AuditEvent {
        var event = AuditEvent(action: action, kind: .server, address: "10.1.2.3")
        event.user = user
        event.roles = ["developer"]
        event.resource = "web"
        event.status = status
        return event
    }

    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = try TestService.temporaryDirectory("audit")
        defer { _ = DirectoryTree.remove(directory) }
        try await body(directory)
    }

    private func query(_ parameters: Parameters) throws -> AuditQuery { try AuditQuery(parameters) }

    @Test func documentsHaveTheNamesOfECS() throws {
        let text = String(decoding: try AuditLog.encoder().encode(event("deploy", status: 403)), as: UTF8.self)
        let json = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        #expect(json["event"]["action"].string == "deploy" && json["event"]["outcome"].string == "failure")
        #expect(json["user"]["name"].string == "ada" && json["user"]["roles"][0].string == "developer")
        #expect(json["source"]["ip"].string == "10.1.2.3" && json["resource"]["type"].string == "server")
        #expect(json["resource"]["id"].string == "web" && json["@timestamp"].string?.hasSuffix("Z") == true)
    }

    @Test func eventsSurviveARestartAndATornEnd() async throws {
        try await inDirectory { directory in
            do {
                let log = try AuditLog(directory: directory, service: "test")
                for number in 0..<20 { try await log.record(event("a\(number)")) }
            }
            let handle = try FileHandle(forWritingTo: URL(filePath: "\(directory)/1.jsonl"))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(#"{"event":{"id":"torn"#.utf8))
            try handle.close()
            let log = try AuditLog(directory: directory, service: "test")
            try await log.record(event("last"))
            let all = try await log.events(try query([:]))
            #expect(all.map(\.action) == ["last"] + (0..<20).reversed().map { "a\($0)" })
            #expect(all.allSatisfy { $0.service == "test" })
            let some = try await log.events(try query(["action": "a3"]))
            #expect(some.count == 1)
            #expect(try await log.events(try query(["limit": "2", "offset": "1"])).map(\.action) == ["a19", "a18"])
            #expect(try await log.events(try query(["user": "bob"])).isEmpty)
            #expect(try await log.events(try query(["outcome": "failure"])).isEmpty)
        }
    }

    @Test func batchesGoOnWhereTheyEnded() async throws {
        try await inDirectory { directory in
            let log = try AuditLog(directory: directory, service: "test")
            #expect(try await log.batch(after: await log.beginning) == nil)
            for number in 0..<2000 { try await log.record(event("a\(number)")) }
            var position = await log.beginning
            var actions: [String] = []
            while let (lines, next) = try await log.batch(after: position) {
                actions += try lines.map { try JSONDecoder().decode(AuditEvent.self, from: $0).action }
                position = next
            }
            #expect(actions == (0..<2000).map { "a\($0)" })
        }
    }

    @Test func anonymousEventsPointToNobody() {
        let key = SymmetricKey(size: .bits256)
        let (first, again) = (event("x").anonymised(key: key), event("y").anonymised(key: key))
        #expect(first.user == again.user && first.user?.hasPrefix("user-") == true && first.user?.count == 17)
        #expect(event("x").anonymised(key: SymmetricKey(size: .bits256)).user != first.user)
        #expect(event("x", user: "bob").anonymised(key: key).user != first.user)
        #expect(first.address == "10.1.2.0" && first.resource == "web")
    }

    @Test func formatsAreWhatTheySay() throws {
        var odd = event("deploy")
        odd.reason = "=1+1,\"quoted\"\nline"
        let csv = try AuditFormat.csv.text([odd])
        #expect(csv.hasPrefix("id,timestamp,service,action") && csv.contains(#","'=1+1,""quoted""\#nline""#))
        #expect(try AuditFormat.jsonl.text([odd, odd]).split(separator: "\n").count == 2)
        let splunk = try JSONDecoder().decode(JSON.self, from: Data(try AuditFormat.splunk.text([odd]).utf8))
        #expect(
            splunk["sourcetype"].string == "provisioning:audit" && splunk["event"]["event"]["action"].string == "deploy"
        )
        let flat = try JSONDecoder().decode(JSON.self, from: Data(try AuditFormat.json.text([odd]).utf8))
        #expect(flat[0]["action"].string == "deploy" && flat[0]["user"].string == "ada")
        #expect(try AuditFormat.ecs.text([odd]).hasPrefix("[{\"@timestamp\""))
    }
}
