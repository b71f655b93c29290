import FleetModel
import FleetSuites

/// The tests that a run chooses from, and the files that they need on the hosts.
struct LoadedCatalogue: Sendable {
    /// The chosen tests, ordered by id.
    let tests: [TestCase]
    private let suites: [LoadedSuite]

    /// Reads the catalogue and chooses.
    ///
    /// - Throws: `InputErrors` for suite files, `SelectionError` for a choice that is wrong or empty.
    init(_ choice: TestChoice) throws {
        let suites = try choice.suiteFiles.map { try SuiteFile.load($0) }
        let builtin = suites.isEmpty || choice.includesBuiltin ? Catalogue.tests : []
        let declared = try LoadedSuite.combine(suites, builtin: builtin)
        let all = choice.takesAllModes ? declared.flatMap(\.inEveryMode) : declared
        let selection = TestSelection(modes: choice.modes, suites: choice.suites, filter: choice.filter)
        self.tests = try selection.choose(from: all).sorted { $0.id < $1.id }
        self.suites = suites
    }

    /// Packs the files of the suites that the chosen tests belong to.
    ///
    /// - Returns: The tests, each naming its pack, and the packs.
    func pack(into directory: String) throws -> (tests: [TestCase], packs: [Pack]) {
        var packs: [Pack] = []
        // A test and its copies in other modes are started alike.
        var kinds: [TestID: TestCase.Kind] = [:]
        let chosen = Set(tests.map(\.id.original))
        for suite in suites where suite.tests.contains(where: { chosen.contains($0.id) }) {
            let (named, pack) = try suite.packed(into: directory)
            if let pack { packs.append(Pack(path: pack.path, sha256: pack.sha256)) }
            for test in named.tests { kinds[test.id] = test.kind }
        }
        let packed = tests.map { test in
            var test = test
            test.kind = kinds[test.id.original] ?? test.kind
            return test
        }
        return (packed, packs)
    }
}
