import Foundation
import Testing

@Suite("JSON Schema")
struct SchemaTests {
    /// Whether this machine can check at all; `make test` installs what it needs.
    static let isCheckable: Bool = (try? run(["-c", "from jsonschema import Draft202012Validator"]).status) == 0

    @Test(
        "holds for every good line and refuses the bad ones",
        .enabled(if: isCheckable, "python3 with the package jsonschema is missing: apt-get install python3-jsonschema"))
    func goldenLines() throws {
        let result = try Self.run([Golden.contract.appending(path: "check_schema.py").path])
        #expect(result.status == 0, "\(result.output)")
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
