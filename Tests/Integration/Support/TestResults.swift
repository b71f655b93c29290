import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `test-results.json`, as DESIGN fixes it; read with types of its own, so that a change of the writer is noticed.
struct TestResults: Decodable {
    struct Run: Decodable {
        var id: String
        var exit: Int
        var complete: Bool
        var seconds: Double
        var tested: String
    }

    struct Service: Decodable {
        var name: String
        var backing: String
        var version: String
    }

    struct Host: Decodable {
        var name: String
        var slots: Int
        var lost: Bool
        var services: [Service]
        var notes: [String]
    }

    struct Text: Decodable {
        var head: String
        var tail: String
        var cutBytes: Int
    }

    struct Artifact: Decodable {
        var path: String
        var sha256: String
    }

    struct Attempt: Decodable {
        var host: String
        var epoch: Int
        var outcome: String
        var cause: String
        var seconds: Double
        var message: String?
        var counted: Bool
        var output: Text
        var artifacts: [Artifact]
    }

    struct Test: Decodable {
        var id: String
        var suite: String
        var mode: String?
        var outcome: String
        var cause: String
        var attempts: [Attempt]
        var rerun: String
    }

    var schema: Int
    var run: Run
    var hosts: [Host]
    var tests: [Test]

    /// Reads the file of an output directory.
    static func read(in directory: String) throws -> TestResults {
        let data = try Data(contentsOf: URL(filePath: "\(directory)/test-results.json"))
        return try JSONDecoder().decode(TestResults.self, from: data)
    }

    func test(_ id: String) throws -> Test { try #require(tests.first { $0.id == id }, "no result of \(id)") }

    /// The host with an address of the lab.
    func host(_ address: String) throws -> Host {
        try #require(hosts.first { $0.name.hasSuffix(address) }, "no host \(address)")
    }
}

/// `junit-results.xml`: which tests it holds, and which are red.
struct JUnitFile {
    /// The ids of all test cases, in the order of the file.
    var ids: [String] = []
    /// How many have an element of each kind.
    var failures = 0
    var errors = 0
    var skipped = 0

    static func read(in directory: String) throws -> JUnitFile {
        let text = try Scratch.read("\(directory)/junit-results.xml")
        var file = JUnitFile()
        for match in text.matches(of: /<testcase\s([^>]*)>/) {
            let attributes = match.output.1
            let name = try #require(attributes.firstMatch(of: /\bname="([^"]*)"/)).output.1
            let suite = try #require(attributes.firstMatch(of: /\bclassname="([^"]*)"/)).output.1
            file.ids.append("\(suite)/\(name)")
        }
        file.failures = text.matches(of: /<failure[\s>]/).count
        file.errors = text.matches(of: /<error[\s>]/).count
        file.skipped = text.matches(of: /<skipped[\s>\/]/).count
        return file
    }
}
