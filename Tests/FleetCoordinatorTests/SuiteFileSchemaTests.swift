import FleetCoordinator
import Foundation
import Testing

@Suite("JSON Schema of suite files")
struct SuiteFileSchemaTests {
    static let isCheckable = (try? Tool.run("python3", ["-c", "from jsonschema import Draft202012Validator"])) == ""

    /// Suite files as JSON, which is YAML too; the schema and the reader must judge them alike.
    private static let documents: [(text: String, isGood: Bool)] = [
        (#"{"tests":[{"id":"a/b","command":"x"}]}"#, true),
        (
            #"{"files":["*"],"tests":[{"id":"a/b-c/d","command":["x","",1,true],"modes":["solo","cicd"],"estimate":0}]}"#,
            true
        ),
        (
            #"{"tests":[{"id":"a/b","title":"T","command":["x"],"mode":"solo","timeout":0.1,"environment":"exclusive","#
                + #""artifacts":["out/**"],"env":{"A_1":"b","B":2},"tags":["t"],"mutex":"m","weight":256,"repeatable":true}]}"#,
            true
        ),
        ("{}", false), ("[]", false), (#"{"tests":[]}"#, false), (#"{"tests":[{"id":"a/b"}]}"#, false),
        (#"{"tests":[{"command":"x"}]}"#, false), (#"{"tests":[{"id":"ab","command":"x"}]}"#, false),
        (#"{"tests":[{"id":"a/-b","command":"x"}]}"#, false), (#"{"tests":[{"id":"a/b","command":""}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":[]}]}"#, false), (#"{"tests":[{"id":"a/b","command":[""]}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":{}}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","mode":"duo"}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","mode":"solo","modes":["solo"]}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","timeout":0}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","weight":1.5}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","weight":0}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","retries":1}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","env":{"A=B":"c"}}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","env":{"FLEET_A":"c"}}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","artifacts":["../a"]}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","artifacts":["/a"]}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","artifacts":["a//b"]}]}"#, false),
        (#"{"tests":[{"id":"a/b","command":"x","tags":[" "]}]}"#, false),
        (#"{"files":["a/.."],"tests":[{"id":"a/b","command":"x"}]}"#, false),
        (#"{"files":"*","tests":[{"id":"a/b","command":"x"}]}"#, false),
        (#"{"files":["[a]"],"tests":[{"id":"a/b","command":"x"}]}"#, false),
        (#"{"more":1,"tests":[{"id":"a/b","command":"x"}]}"#, false),
    ]

    @Test("the reader judges as expected", arguments: documents)
    func reader(text: String, isGood: Bool) throws {
        try TemporaryFolder.with { folder in
            let path = try folder.write("suite.yaml", text)
            #expect(((try? SuiteFile.load(path)) != nil) == isGood)
        }
    }

    @Test(
        "the schema judges alike",
        .enabled(if: isCheckable, "python3 with the package jsonschema is missing: apt-get install python3-jsonschema"))
    func schema() throws {
        let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "coordinator/schema/suite.schema.json").path
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
