import FleetHTTP
import FleetModel
import FleetSystem
import Testing

@testable import FleetTestKit

/// Runs tests of suites as an agent would, but in this process.
enum SuiteCheck {
    /// The tests of a home mode pass in one fresh environment of that mode, and leave nothing behind: those that share it
    /// side by side, then the others one by one.
    static func run(_ tests: [DeclaredTest], home mode: Mode) async throws {
        let tests = tests.filter { $0.testCase.homeMode == mode }
        try #require(!tests.isEmpty)
        try await SuiteStack.with(mode) { stack in
            let before = try await Belongings.read(stack)
            var runs = try await withThrowingTaskGroup(of: BodyRun.self) { group in
                for test in tests where test.testCase.isolation == .shared {
                    group.addTask { try await run(test, stack) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for test in tests where test.testCase.isolation == .exclusive { runs.append(try await run(test, stack)) }
            #expect(runs.count == tests.count)
            for run in runs { #expect(run.verdict == TestVerdict(outcome: .passed), "\(run.account)") }
            #expect(try await Belongings.read(stack) == before)
        }
    }

    private static func run(_ test: DeclaredTest, _ stack: SuiteStack) async throws -> BodyRun {
        try await BodyRun.run(test, stack.endpoints, stack.credentials, seconds: test.testCase.timeout)
    }
}

/// What an environment holds that tests make.
enum Belongings {
    /// Names of servers, workspaces, extensions, records, users and repositories.
    static func read(_ stack: SuiteStack) async throws -> Set<String> {
        let context = try Kit.context(endpoints: stack.endpoints, credentials: stack.credentials)
        let platform = try await context.platform
        var names = try await platform.servers().map { "server \($0.name)" }
        names += try await platform.workspaces().map { "workspace \($0.name)" }
        names += try await platform.extensions().map { "extension \($0.type) \($0.name) \($0.version)" }
        let records = try await context.dns.transfer(zone: try context.zone)
        names += records.filter { $0.type != .soa }.map { "record \($0.name) \($0.type) \($0.value)" }
        guard context.hasLogins else { return Set(names) }
        let center = try context.controlCenter(as: try await context.login("admin"))
        names += try await center.users().map { "user \($0)" }
        let found = try await context.gitea.ask(.get, "/repos/search?limit=50")["data"]?.array ?? []
        names += found.compactMap { $0["full_name"]?.string }.map { "repository \($0)" }
        return Set(names)
    }
}
