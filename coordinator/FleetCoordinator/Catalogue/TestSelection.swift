public import FleetModel

/// Which tests of a catalogue a run takes: `--mode`, `--suite` and `--filter`, all of which must hold.
public struct TestSelection: Hashable, Sendable {
    /// The home modes to take; empty takes tests of every mode, and those that need no environment.
    public var modes: [Mode]
    /// The suites to take, such as `modes/solo`, or `modes` for all below it; empty takes all.
    public var suites: [String]
    /// A regular expression that must be found in the id or the title, without regard to case.
    public var filter: String?

    /// Describes a choice; the default takes everything.
    public init(modes: [Mode] = [], suites: [String] = [], filter: String? = nil) {
        self.modes = modes
        self.suites = suites
        self.filter = filter
    }

    /// The chosen tests in their given order.
    ///
    /// - Throws: `SelectionError` when the filter is no regular expression, or nothing is chosen.
    public func choose(from tests: [TestCase]) throws(SelectionError) -> [TestCase] {
        let expression = try compiledFilter()
        for suite in suites where !tests.contains(where: { Self.belongs($0, to: suite) }) {
            throw .unknownSuite(suite, known: Set(tests.map(\.id.suite)).sorted())
        }
        let chosen = tests.filter { test in
            let isInMode = modes.isEmpty || test.homeMode.map(modes.contains) == true
            let isInSuite = suites.isEmpty || suites.contains { Self.belongs(test, to: $0) }
            return isInMode && isInSuite && Self.matches(test, expression)
        }
        guard !chosen.isEmpty else { throw .nothingMatched(self, count: tests.count) }
        return chosen
    }

    private func compiledFilter() throws(SelectionError) -> Regex<AnyRegexOutput>? {
        guard let filter else { return nil }
        do {
            return try Regex(filter).ignoresCase()
        } catch {
            throw .invalidFilter(filter, reason: "\(error)")
        }
    }

    private static func matches(_ test: TestCase, _ expression: Regex<AnyRegexOutput>?) -> Bool {
        guard let expression else { return true }
        return test.id.description.contains(expression) || test.title.contains(expression)
    }

    private static func belongs(_ test: TestCase, to suite: String) -> Bool {
        test.id.suite == suite || test.id.suite.hasPrefix(suite + "/")
    }
}

/// Why a choice of tests cannot be made.
public enum SelectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The filter is no regular expression.
    case invalidFilter(String, reason: String)
    /// No test belongs to a suite of this name.
    case unknownSuite(String, known: [String])
    /// Every option is well formed, but no test of so many fits them.
    case nothingMatched(TestSelection, count: Int)

    /// The exit status of DESIGN.md: 64 for a wrong option, 2 when nothing matched.
    public var exitStatus: Int32 {
        switch self {
        case .invalidFilter: 64
        case .unknownSuite, .nothingMatched: 2
        }
    }

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .invalidFilter(let filter, let reason):
            let words = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
            return "--filter \(InputError.quote(filter)) is not a regular expression: \(words); "
                + "put a backslash before characters such as ( [ * + ? . to mean themselves"
        case .unknownSuite(let suite, let known):
            let names = known.isEmpty ? "there are no tests at all" : "the suites are " + known.joined(separator: ", ")
            return "--suite \(InputError.quote(suite)): no test belongs to it; \(names)"
        case .nothingMatched(let selection, let count):
            return "none of \(count) tests matches \(selection.options); `coordinator list` shows what there is"
        }
    }
}

extension TestSelection {
    /// The choice as it was written on the command line.
    fileprivate var options: String {
        let words =
            modes.map { "--mode \($0)" } + suites.map { "--suite \(InputError.quote($0))" }
            + [filter].compactMap { $0 }.map { "--filter \(InputError.quote($0))" }
        return words.isEmpty ? "an empty choice" : words.joined(separator: " ")
    }
}
