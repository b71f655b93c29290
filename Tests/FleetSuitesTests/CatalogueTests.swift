import FleetModel
import FleetSuites
import Testing

@Suite("Catalogue")
struct CatalogueTests {
    @Test("the ids are unique, and every test has an estimate below its limit")
    func sound() {
        let tests = Catalogue.tests
        #expect(Set(tests.map(\.id)).count == tests.count)
        #expect(tests.allSatisfy { $0.kind == .builtin && ($0.estimate ?? 0) > 0 && ($0.estimate ?? 0) < $0.timeout })
    }

    @Test("the table has the 140 tests of the original suite, each suite as many as it says")
    func table() {
        #expect(HomeModes.table.reduce(0) { $0 + $1.titles.count } == 140)
        #expect(Set(ids).count == 140)
        for (suite, count) in HomeModes.counts {
            let counted = HomeModes.table.filter { $0.suite == suite }.reduce(0) { $0 + $1.titles.count }
            #expect(counted == count, "\(suite)")
        }
        #expect(Set(HomeModes.table.map(\.suite)) == Set(HomeModes.counts.map(\.key)))
        #expect(ids.allSatisfy { TestID($0) != nil })
    }

    @Test("every test is in the table, with its title and its home mode")
    func declared() {
        var rows: [String: (title: String, mode: Mode)] = [:]
        for group in HomeModes.table {
            for (name, title) in group.titles { rows["\(group.suite)/\(name)"] = (title, group.mode) }
        }
        for test in Catalogue.tests {
            let row = rows[test.id.description]
            #expect(row?.title == test.title, "\(test.id)")
            #expect(row?.mode == test.homeMode, "\(test.id)")
        }
    }

    @Test("every test of the table is declared")
    func complete() {
        let declared = Set(Catalogue.tests.map(\.id.description))
        let missing = ids.filter { !declared.contains($0) }
        #expect(missing.isEmpty, "\(missing.count) of 140 are missing:\n\(missing.joined(separator: "\n"))")
    }

    @Test("tests of a mode's own suite run in that mode alone, all others in every higher mode too")
    func modes() {
        for test in Catalogue.tests {
            let higher = Mode.allCases.filter { mode in test.homeMode.map { $0 <= mode } == true }
            #expect(test.id.suite.hasPrefix("modes/") ? test.modes.count == 1 : test.modes == higher, "\(test.id)")
        }
    }

    private var ids: [String] {
        HomeModes.table.flatMap { group in group.titles.map { "\(group.suite)/\($0.key)" } }
    }
}
