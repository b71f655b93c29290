import Foundation
import Testing

@testable import FleetCoordinator

@Suite("JSON Schema of test_config.yaml")
struct ConfigurationSchemaTests {
    /// Configurations as JSON, which is YAML too; the schema and the reader must judge them alike.
    private static let documents: [(text: String, isGood: Bool)] = [
        ("{}", true),
        (
            #"{"test_execution":{"timeouts":{"test_timeout_seconds":600,"environment_timeout_seconds":1.5}}}"#, true
        ),
        (#"{"environment":{"driver":"container","strict_services":true,"ports":"local-deployment"}}"#, true),
        (#"{"services":{"dns":{"port":53,"backings":["native","builtin",{"native":{"command":["x"]}}]}}}"#, true),
        (
            #"{"services":{"kms":{"backings":[{"container":{"image":"a:1","command":["x"],"files":{"a":"b"},"#
                + #""environment":{"A":"b"},"container_port":1,"volume":"/d","memory":"1g","cpus":1.5,"health_path":"/h","#
                + #""properties":{"a":"b"},"credentials":{"p":{"env":"P"}}}}]}}}"#, true
        ),
        (#"{"services":{"kms":{"backings":[{"external":{"properties":{"url":"http://x"}}},{"builtin":{}}]}}}"#, true),
        ("[]", false), (#"{"more":1}"#, false), (#"{"test_execution":{"timeouts":{"test_timeout_seconds":0}}}"#, false),
        (#"{"test_execution":{"retries":1}}"#, false), (#"{"environment":{"driver":"docker"}}"#, false),
        (#"{"environment":{"strict_services":"yes"}}"#, false), (#"{"environment":{"ports":"old"}}"#, false),
        (#"{"services":{"redis":{}}}"#, false), (#"{"services":{"dns":{"port":0}}}"#, false),
        (#"{"services":{"dns":{"backings":[]}}}"#, false), (#"{"services":{"dns":{"backings":["container"]}}}"#, false),
        (#"{"services":{"dns":{"backings":["external"]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"native":{"image":"x"}}]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"container":{"image":"x","health_path":"h"}}]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"container":{"image":"x","cpus":0}}]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"container":{"image":"x","cpus":"all"}}]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"native":{"command":["x"],"files":{"a/b":"c"}}}]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"native":{"command":["x"],"credentials":{"p":"s"}}}]}}}"#, false),
        (#"{"services":{"dns":{"backings":[{"native":{"command":["x"],"credentials":{"p":{"vault":"s"}}}}]}}}"#, false),
    ]

    @Test("the reader judges as expected", arguments: documents)
    func reader(text: String, isGood: Bool) {
        #expect(((try? ConfigurationFile.parse(text, file: "c.yaml")) != nil) == isGood)
    }

    @Test(
        "the schema judges alike",
        .enabled(
            if: SuiteFileSchemaTests.isCheckable,
            "python3 with the package jsonschema is missing: apt-get install python3-jsonschema"))
    func schema() throws {
        let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "coordinator/schema/test-config.schema.json").path
        let program = """
            import json, sys
            from jsonschema import Draft202012Validator
            schema = json.load(open(sys.argv[1], encoding="utf-8"))
            Draft202012Validator.check_schema(schema)
            for text in sys.argv[2:]:
                print(Draft202012Validator(schema).is_valid(json.loads(text)))
            """
        let answers = try Tool.run("python3", ["-c", program, schema] + Self.documents.map(\.text))
        let judged = answers.split(separator: "\n").map { $0 == "True" }
        try #require(judged.count == Self.documents.count, "\(answers)")
        for (document, isGood) in zip(Self.documents, judged) { #expect(document.isGood == isGood, "\(document.text)") }
    }
}
