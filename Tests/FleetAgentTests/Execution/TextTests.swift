import FleetModel
import Testing

@testable import FleetAgent

@Suite("Templates and patterns of command tests")
struct TextTests {
    private let endpoints = Endpoints([
        "dns": ["address": "127.0.0.1", "port": "53"], "oci-registry": ["url": "http://x"],
    ])

    @Test(
        "placeholders are filled, other braces stay",
        arguments: [
            ("dig @{dns.address} -p {dns.port}", "dig @127.0.0.1 -p 53"),
            ("{oci-registry.url}/v2", "http://x/v2"),
            ("awk '{print $1}' ${HOME} {} {a} {a.b.c} {A.b} {", "awk '{print $1}' ${HOME} {} {a} {a.b.c} {A.b} {"),
            ("{{dns.port}}", "{53}"),
            ("", ""),
        ])
    func filled(text: String, expected: String) throws {
        #expect(try EndpointTemplate(text: text).filled(from: endpoints) == expected)
    }

    @Test("an endpoint that is not there is named, with those that are")
    func unknown() {
        let error = #expect(throws: EndpointTemplate.UnknownEndpoint.self) {
            try EndpointTemplate(text: "{git.url}").filled(from: endpoints)
        }
        #expect(
            error?.description
                == "the environment has no endpoint {git.url}; it has dns.address, dns.port, oci-registry.url")
    }

    @Test(
        "patterns match whole relative paths",
        arguments: [
            ("out/*.log", "out/a.log", true), ("out/*.log", "out/b/a.log", false), ("out/*.log", "a.log", false),
            ("**", "a/b/c", true), ("**/*.log", "a.log", true), ("**/*.log", "a/b/c.log", true),
            ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/x/y/c", false),
            ("?.txt", "a.txt", true), ("?.txt", "ab.txt", false), ("*a*b*", "xxaxxbxx", true), ("./a", "a", true),
        ])
    func patterns(pattern: String, path: String, matches: Bool) throws {
        #expect(try #require(PathPattern(pattern)).matches(path) == matches)
    }

    @Test("patterns that leave the directory are none", arguments: ["", "/etc/passwd", "../x", "a/../b", "a//b"])
    func badPatterns(pattern: String) { #expect(PathPattern(pattern) == nil) }

    @Test("a hostile pattern is still fast", .timeLimit(.minutes(1)))
    func hostile() throws {
        let pattern = try #require(PathPattern(String(repeating: "*a", count: 50) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 200)))
    }
}
