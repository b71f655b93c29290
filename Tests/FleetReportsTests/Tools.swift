import Foundation

/// Programs that judge our reports: none is ours.
enum Tools {
    /// The repository, found from this file.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What a program printed and how it ended.
    struct Result {
        let status: Int32
        let output: String
    }

    /// Runs a program for at most a minute; both streams go to a file, so that no pipe can fill up.
    static func run(_ arguments: [String], in directory: URL) throws -> Result {
        let log = directory.appendingPathComponent("log-\(UUID().uuidString)")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        defer { try? handle.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "--kill-after=5", "60"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: try Data(contentsOf: log), as: UTF8.self))
    }

    /// Whether a program is installed.
    static func has(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains { directory in
            FileManager.default.isExecutableFile(atPath: "\(directory)/\(program)")
        }
    }

    /// Hands a fresh directory to the body and removes it afterwards.
    static func withDirectory<Value>(_ body: (URL) throws -> Value) throws -> Value {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "fleet-reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// Validates XML against Jenkins' schema; returns what xmllint says, empty when it is valid.
    static func junitErrors(_ document: String) throws -> String {
        let schema = root.appendingPathComponent(".build-tools/junit-10.xsd")
        guard FileManager.default.fileExists(atPath: schema.path) else {
            throw Missing(what: "\(schema.path) is not there: run Tests/Tools/fetch-junit-xsd (make test does)")
        }
        guard has("xmllint") else { throw Missing(what: "xmllint is not there: apt-get install libxml2-utils") }
        return try withDirectory { directory in
            let file = directory.appendingPathComponent("junit-results.xml")
            try Data(document.utf8).write(to: file)
            let result = try run(["xmllint", "--noout", "--schema", schema.path, file.path], in: directory)
            return result.status == 0 ? "" : result.output
        }
    }

    /// The value of an XPath expression over a document, without the last line end.
    static func xpath(_ expression: String, in document: String) throws -> String {
        try withDirectory { directory in
            let file = directory.appendingPathComponent("document.xml")
            try Data(document.utf8).write(to: file)
            let result = try run(["xmllint", "--xpath", expression, file.path], in: directory)
            guard result.status == 0 else { throw Missing(what: "xmllint --xpath '\(expression)': \(result.output)") }
            return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
        }
    }

    /// Validates documents against `docs/schema/test-results.schema.json`; one line for each error.
    static func schemaErrors(_ document: String) throws -> String {
        try withDirectory { directory in
            let file = directory.appendingPathComponent("test-results.json")
            try Data(document.utf8).write(to: file)
            let schema = root.appendingPathComponent("docs/schema/test-results.schema.json")
            let program = """
                import json, sys
                try:
                    from jsonschema import Draft202012Validator
                except ImportError:
                    sys.exit(3)
                schema = json.load(open(sys.argv[1], encoding="utf-8"))
                Draft202012Validator.check_schema(schema)
                for error in Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2], encoding="utf-8"))):
                    print("/".join(map(str, error.absolute_path)), error.message[:200])
                """
            // The first python3 may be the user's own, without Debian's packages.
            var result = Result(status: 3, output: "")
            for python in ["python3", "/usr/bin/python3"] where result.status == 3 {
                result = try run([python, "-c", program, schema.path, file.path], in: directory)
            }
            guard result.status != 3 else {
                throw Missing(what: "python3 has no jsonschema: apt-get install python3-jsonschema")
            }
            guard result.status == 0 else { throw Missing(what: result.output) }
            return result.output
        }
    }

    /// The page after its script ran, as a headless browser sees it.
    static func renderedPage(_ page: String) throws -> String {
        try withDirectory { directory in
            let file = directory.appendingPathComponent("report.html")
            try Data(page.utf8).write(to: file)
            let result = try run(
                [
                    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--user-data-dir=\(directory.path)/profile", "--virtual-time-budget=4000", "--dump-dom",
                    "file://\(file.path)",
                ], in: directory)
            guard result.status == 0 else { throw Missing(what: "chromium: \(result.output)") }
            return result.output
        }
    }
}
