import Foundation
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct BatchReaderTests {
    private func read(_ text: String) throws -> BatchDefinition {
        try JSONDecoder().decode(BatchReader.self, from: Data(text.utf8)).definition()
    }

    @Test func readsShippedFilesAndThePlansForm() throws {
        let shipped = try read(
            #"""
            {"name":"multi","version":"1.0.0","storage_backend":"filesystem","parallel_limit":3,"rollback_enabled":true,
             "operations":[
              {"id":"up","type":"server_batch","provider":"upcloud","servers":["u1","u2"],"dependencies":[]},
              {"id":"tools","type":"taskserv_batch","servers":["l1"],"items":["etcd","cilium:1.2.0"],"dependencies":["up"]}]}
            """#)
        #expect(shipped.parallelLimit == 3 && shipped.operations[0].items.map(\.name) == ["u1", "u2"])
        #expect(shipped.operations[1].items.map(\.name) == ["etcd on l1", "cilium:1.2.0 on l1"])
        #expect(shipped.operations[1].needs == [.init(operation: "up", kind: .hard)])
        guard case .createServers(let order) = shipped.operations[0].items[1].work else { throw Unexpected() }
        #expect(order.provider == "upcloud" && order.servers == ["u2"])

        let planned = try read(
            #"""
            {"name":"plan","type":"batch","operations":[
              {"id":"make","type":"create","target":"server","providers":["aws","upcloud","local"],
               "items":["a","b",{"hostname":"c","plan":"host"}],"timeout":60,"on_failure":"continue","parallel":false},
              {"id":"last","type":"check","items":["a"],"depends_on":[{"id":"make","type":"soft"}],
               "retry":{"backoff":"linear","initial_delay":1}}],
             "dependencies":[{"source":"make","target":"last","type":"optional"}],
             "rollback":{"enabled":false,"on_partial_failure":false,"checkpoint_interval":2,"preserve_successful":true},
             "retry":{"max_attempts":2}}
            """#)
        let providers = planned.operations[0].items.compactMap { item in
            if case .createServers(let order) = item.work { order.provider } else { nil }
        }
        #expect(providers == ["aws", "upcloud", "local"] && !planned.operations[0].isParallel)
        #expect(planned.operations[0].retry.maximumAttempts == 2 && planned.operations[1].retry.maximumAttempts == 3)
        #expect(planned.operations[1].needs.map(\.kind) == [.soft, .optional])
        #expect(
            !planned.rollback.isEnabled && planned.rollback.checkpointInterval == 2
                && planned.rollback.preserveSuccessful)
    }

    private struct Unexpected: Error {}

    @Test func sequentialOperationsWaitForEachOther() throws {
        let text = #"{"name":"s","type":"sequential","operations":[{"id":"a","items":["a"]},{"id":"b","items":["b"]}]}"#
        let definition = try read(text)
        #expect(definition.parallelLimit == 1 && definition.operations[1].needs == [.init(operation: "a", kind: .soft)])
    }

    @Test(
        arguments: [
            (#"{"name":"x","operations":[]}"#, "operations"),
            (#"{"name":"x","storage_backend":"surrealdb","operations":[{"id":"a","items":["a"]}]}"#, "surrealdb"),
            (#"{"name":"x","parallel_limit":0,"operations":[{"id":"a","items":["a"]}]}"#, "parallel_limit"),
            (#"{"name":"x","operations":[{"id":"a","items":["a"]},{"id":"a","items":["b"]}]}"#, "twice"),
            (#"{"name":"x","operations":[{"id":"a","items":["a"],"dependencies":["b"]}]}"#, "b, which is not there"),
            (
                #"{"name":"x","operations":[{"id":"a","items":["a"],"dependencies":["b"]},{"id":"b","items":["b"],"depends_on":["a"]}]}"#,
                "circle"
            ),
            (#"{"name":"x","operations":[{"id":"a","type":"odd","items":["a"]}]}"#, "odd"),
            (#"{"name":"x","operations":[{"id":"a","items":["Bad Name"]}]}"#, "a: servers[0]"),
            (#"{"name":"x","operations":[{"id":"a","items":["a"],"on_failure":"panic"}]}"#, "panic"),
            (#"{"name":"x","operations":[{"id":"a"}]}"#, "servers: is missing"),
            (#"{"name":"x","operations":[{"id":"a","items":["a"],"retry":{"max_attempts":99}}]}"#, "max_attempts"),
            (
                #"{"name":"x","type":"parallel","operations":[{"id":"a","type":"update","items":["a"]}]}"#,
                "nothing to change"
            ),
        ])
    func wrongDefinitionsAreToldWhatIsWrong(text: String, words: String) {
        let error = #expect(throws: PlatformError.self) { try read(text) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}
