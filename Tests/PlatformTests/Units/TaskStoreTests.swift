import FleetSystem
import FleetTestSupport
import Foundation
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct TaskStoreTests {
    @Test func keepsTasksAndNamesDamagedFiles() throws {
        let directory = try TestService.temporaryDirectory("store")
        defer { _ = DirectoryTree.remove(directory) }
        let store = try TaskStore(directory: directory)
        let order = ServerOrder(infra: "i", servers: ["a"], checkMode: false, authorizedKeys: [])
        let task = TaskOrder(name: "n", command: "c", arguments: ["x"], work: .createServers(order))
        var record = task.record(sequence: 7, now: .now())
        record.task.status = .running
        record.task.output = "text with \"quotes\"\nand lines"
        try store.save(record)
        try "{".write(toFile: "\(directory)/broken.json", atomically: true, encoding: .utf8)
        let loaded = try TaskStore(directory: directory).load()
        #expect(loaded.damaged == ["broken.json"])
        let found = try #require(loaded.records.first)
        #expect(found.task.output == record.task.output && found.work == record.work && found.sequence == 7)
        #expect(found.task.status == .running && loaded.records.count == 1)
    }
}
