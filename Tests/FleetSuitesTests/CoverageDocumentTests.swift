import FleetModel
import FleetSuites
import Foundation
import Testing

@Suite("docs/TEST_COVERAGE.md")
struct CoverageDocumentTests {
    @Test("it has every test once, with title and modes: `make test-coverage-doc` writes it anew")
    func rows() throws {
        let rows = try lines().filter { $0.hasPrefix("| `") && $0.contains("/") }
        let wanted = Catalogue.tests.map(row)
        for row in wanted {
            #expect(rows.filter { $0.hasPrefix(row) }.count == 1, "“\(row)” is not there once")
        }
        let tests = rows.filter { row in HomeModes.counts.contains { row.hasPrefix("| `\($0.key)/") } }
        #expect(tests.count == wanted.count, "it has tests that are not there any more")
    }

    @Test("it says of every test what it does")
    func steps() throws {
        for row in try lines().filter({ row in Catalogue.tests.contains { row.hasPrefix("| `\($0.id)`") } }) {
            let cells = row.components(separatedBy: " | ")
            #expect(cells.count == 6 && cells[4].count > 20, "\(row)")
        }
    }

    @Test("it counts them as they are declared")
    func figures() throws {
        let tests = Catalogue.tests
        let modes = Mode.allCases.map { mode in "\(mode) \(tests.count { $0.homeMode == mode })" }
        let figure = "\(tests.count): \(modes.joined(separator: ", "))"
        #expect(figure == "140: solo 82, multiuser 35, cicd 9, enterprise 14")
        #expect(try lines().contains { $0.contains("| \(figure) |") }, "\(figure)")
        for (suite, count) in HomeModes.counts {
            #expect(try lines().contains("### \(suite): \(count) tests"), "\(suite)")
        }
    }

    private func lines() throws -> [String] {
        let here = URL(filePath: #filePath)
        let document = here.deletingLastPathComponent().appending(path: "../../docs/TEST_COVERAGE.md")
            .standardizedFileURL
        return try String(contentsOf: document, encoding: .utf8).components(separatedBy: "\n")
    }

    /// How the row of a test begins.
    private func row(_ test: TestCase) -> String {
        let mode = test.homeMode.map { "\($0)" } ?? "-"
        let higher = Mode.allCases.filter { mode in test.homeMode.map { $0 <= mode } == true }
        let isOpen = test.modes == higher && higher.count > 1
        let modes = isOpen ? "\(mode) and above" : test.modes.map { "\($0)" }.joined(separator: ", ")
        return "| `\(test.id)` | \(test.title) | \(mode) | \(modes) | "
    }
}
