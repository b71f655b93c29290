import Foundation
import Testing

@testable import PlatformOrchestrator
@testable import PlatformService

struct AccessPartsTests {
    @Test(
        arguments: [
            ("GET", "/tasks", nil, ResourceKind.task, Action.list, nil),
            ("GET", "/tasks/7", nil, .task, .read, "7"),
            ("POST", "/tasks/7/cancel", nil, .task, .update, "7"),
            ("POST", "/workflows/servers/create", nil, .server, .deploy, nil),
            ("POST", "/workflows/servers/create", "check", .server, .deploy, nil),
            ("POST", "/workflows/servers/delete", nil, .server, .delete, nil),
            ("POST", "/workflows/taskserv/create", nil, .taskserv, .deploy, nil),
            ("POST", "/workflows/taskserv/create", "delete", .taskserv, .delete, nil),
            ("POST", "/workflows/taskserv/create", "check", .taskserv, .monitor, nil),
            ("POST", "/workflows/batch/execute", nil, .workflow, .deploy, nil),
            ("DELETE", "/api/v1/servers/w%65b", nil, .server, .delete, "web"),
            ("POST", "/api/v1/workspaces", nil, .workspace, .create, nil),
            ("PUT", "/api/v1/workspaces/shop", nil, .workspace, .update, "shop"),
            ("POST", "/api/v1/extensions/load", nil, .extension, .create, nil),
            ("GET", "/api/v1/secrets/list", nil, .secret, .list, nil),
            ("GET", "/nowhere", nil, .platform, .list, nil),
            ("GET", "/api//v1/servers", nil, .platform, .list, nil),
            ("POST", "/tasksfoo", nil, .platform, .create, nil),
        ] as [(String, String, String?, ResourceKind, Action, String?)])
    func pathsMeanThings(
        method: String, path: String, operation: String?, kind: ResourceKind, action: Action, name: String?
    ) {
        let map = OrchestratorAccess.map
        #expect(map.kind(of: path) == kind)
        #expect(map.action(method, path, operation: operation) == action)
        #expect(map.name(in: path) == name)
    }

    @Test func everythingThatABodyMentionsCounts() throws {
        var facts = RequestFacts()
        facts.take(
            body: Data(
                #"""
                {"operation":"delete","workspace":"a","force":true,"servers":["s1"],"node_count":2.5,"workflow":
                "{\"operation\":\"check\",\"workspace\":\"b\",\"operations\":[{\"environment\":\"prod\",\"servers\":[\"s2\",7]}]}"}
                """#.utf8))
        #expect(facts.workspaces == ["a", "b"] && facts.servers == ["s1", "s2"] && facts.isForced)
        #expect(facts.operation == "delete" && facts.nodeCount == 3)
        #expect(try facts.tier() == .production)
        facts.environments = ["moon"]
        #expect(throws: PlatformError.self) { try facts.tier() }
        var inner = RequestFacts()
        inner.take(
            body: Data(#"{"infra":"x","params":{"operation":"delete","environment":"prod","servers":["s"]}}"#.utf8))
        #expect(try inner.operation == "delete" && inner.servers == ["s"] && inner.tier() == .production)
        var none = RequestFacts()
        for text in ["", "7", "[", "\"workspace\"", #"{"workspace":7,"force":"no","approval_id":null}"#] {
            none.take(body: Data(text.utf8))
        }
        #expect(none == RequestFacts())
        #expect(try none.tier() == .development)
    }

    @Test func aWindowSlides() {
        var window = SlidingWindow(limit: 2, length: 10)
        #expect(window.admit("a", at: 0) == nil && window.admit("a", at: 9) == nil)
        #expect(window.admit("a", at: 9.5) == 0.5)
        #expect(window.admit("b", at: 9.5) == nil)
        // The first has left the window, the second has not; what was refused does not count.
        #expect(window.admit("a", at: 10) == nil)
        #expect(window.admit("a", at: 18.5) == 0.5)
        #expect(window.admit("a", at: 19) == nil)
    }

    @Test func addressesLieInRanges() throws {
        let cases: [(String, String, Bool)] = [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("172.16.0.0/12", "172.31.9.9", true),
            ("172.16.0.0/12", "172.32.0.0", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
            ("::1", "::1", true), ("::1", "::2", false), ("fc00::/7", "fd12::1", true), ("fc00::/7", "fe80::1", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("127.0.0.1", "", false),
        ]
        for (range, address, isInside) in cases {
            #expect(try #require(AddressRange(range)).contains(address) == isInside, "\(address) in \(range)")
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "::1/129", "10.0.0.0/", "host"] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
    }

    @Test func tokensHoldForOnePurposeAndTime() throws {
        let principal = Principal(
            name: "ada", roles: [.developer], teams: [.security], workspace: "shop", mfaVerified: true)
        let now = Timestamp(Date(timeIntervalSince1970: 1000))
        let claims = TokenClaims(principal, kind: .access, issuer: "i", audience: "a", id: "1", now: now, seconds: 900)
        #expect(claims.principal == principal)
        try claims.check(kind: .access, issuer: "i", audience: "a", now: now)
        try claims.check(kind: .access, issuer: "i", audience: "a", now: now.advanced(seconds: 899.9))
        let wrong: [(TokenClaims.Kind, String, String, Double, String)] = [
            (.refresh, "i", "a", 0, "token for access"), (.access, "j", "a", 0, "issuer"),
            (.access, "i", "b", 0, "audience"),
            (.access, "i", "a", 900, "expired"), (.access, "i", "a", -1, "not valid yet"),
        ]
        for (kind, issuer, audience, seconds, words) in wrong {
            let error = #expect(throws: PlatformError.self) {
                try claims.check(kind: kind, issuer: issuer, audience: audience, now: now.advanced(seconds: seconds))
            }
            #expect(error?.kind == .unauthorised && error?.message.contains(words) == true, "\(words): \(error as Any)")
        }
    }
}
