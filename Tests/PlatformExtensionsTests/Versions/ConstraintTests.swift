import PlatformService
import Testing

@testable import PlatformExtensions

struct ConstraintTests {
    @Test(
        arguments: [
            ("^1.2.3", "1.9.0", true), ("^1.2.3", "1.2.2", false), ("^1.2.3", "2.0.0", false),
            // Below 1.0 a minor number, and below 0.1 a patch number, breaks callers.
            ("^0.2.3", "0.2.9", true), ("^0.2.3", "0.3.0", false), ("^0.0.3", "0.0.3", true),
            ("^0.0.3", "0.0.4", false), ("^0", "0.9.0", true), ("^0.0", "0.1.0", false), ("^0.0.0", "0.0.1", false),
            ("~1.28.0", "1.28.7", true), ("~1.28.0", "1.29.0", false), ("~1", "1.9.9", true),
            ("1.2", "1.2.9", true), ("1.x", "2.0.0", false), ("*", "7.0.0", true), ("latest", "7.0.0", true),
            ("", "7.0.0", true), ("*", "7.0.0-rc.1", false), (">=1.0 <2.0", "1.5.0", true),
            (">=1.0, <2.0", "2.0.0", false), ("1.0 - 2.0", "2.0.9", true), ("1.0 - 2.0.0", "2.0.1", false),
            ("1.x || 3.x", "3.1.0", true), ("1.x || 3.x", "2.1.0", false), ("=1.2.3", "1.2.3+build", true),
            // A pre-release only where one is named.
            (">=1.0.0-rc.1", "1.0.0-rc.2", true), (">=1.0.0-rc.1", "1.1.0-rc.1", false), ("<2.0", "2.0.0-rc.1", false),
            ("^1.0", "2.0.0-rc.1", false),
        ] as [(String, String, Bool)])
    func accepts(constraint: String, text: String, expected: Bool) throws {
        #expect(try VersionConstraint(parsing: constraint).allows(version(text)) == expected)
    }

    @Test(arguments: [
        "1.2.3.4", "v", ">", "^", "<>1", "1 -2 - 3", "a", "^1.2.3 ^", "1.2.x.1", "- 1", "1.x.3", "1..2", "1.2.3-",
        String(repeating: "1 ", count: 200),
    ])
    func isRefusedWithItsText(text: String) throws {
        let error = #expect(throws: PlatformError.self) { try VersionConstraint(parsing: text) }
        #expect(error?.kind == .invalid && error?.message.contains("constraint") == true)
    }

    @Test func saysWhichVersionItPins() throws {
        #expect(try VersionConstraint(parsing: "1.2.3").exactVersion == version("1.2.3"))
        #expect(try VersionConstraint(parsing: "=1.2.3").exactVersion == version("1.2.3"))
        for open in ["1.2", ">=1.2.3", "1.2.3 || 1.2.4", "*"] {
            #expect(try VersionConstraint(parsing: open).exactVersion == nil)
        }
        #expect(try VersionConstraint(parsing: "").acceptsAnyRelease)
        #expect(try !VersionConstraint(parsing: "^1").acceptsAnyRelease)
    }

    @Test func findsTheNewest() throws {
        let versions = try ["1.9.0", "1.10.0", "2.0.0-rc.1", "0.9.0"].map(version)
        #expect(try VersionConstraint.any.newest(of: versions) == version("1.10.0"))
        #expect(try VersionConstraint(parsing: "<1.10").newest(of: versions) == version("1.9.0"))
        #expect(try VersionConstraint(parsing: "^3").newest(of: versions) == nil)
    }

    @Test(.enabled(if: NodeSemver.isInstalled, "npm's semver is not there to compare with"))
    func acceptsWhatNodeAccepts() async throws {
        var maker = VersionMaker(seed: 4711)
        let questions = (0..<6000).map { _ in [maker.version(), maker.constraint()] }
        // Node takes no commas.
        let answers = try await NodeSemver.answers(
            "s.satisfies(q[0],q[1].replaceAll(',',' '))", questions, as: Bool.self)
        for (question, expected) in zip(questions, answers) {
            let accepted = try VersionConstraint(parsing: question[1]).allows(version(question[0]))
            #expect(accepted == expected, "\(question[0]) and \(question[1])")
        }
        #expect(answers.count { $0 } > 500 && answers.count { !$0 } > 500)
    }
}
