public import FleetModel

/// A suite file that was read, with the files that it brings along.
public struct LoadedSuite: Hashable, Sendable {
    /// The suite file, as the user named it.
    public var path: String
    /// Its tests, in the order of the file.
    public var tests: [TestCase]
    /// Where each test is declared.
    public var places: [TestID: InputPlace]
    /// The files for the working directory of each attempt, ordered by path; empty when the suite names none.
    public var files: [SuiteMember]

    /// Describes a suite.
    public init(path: String, tests: [TestCase], places: [TestID: InputPlace], files: [SuiteMember]) {
        self.path = path
        self.tests = tests
        self.places = places
        self.files = files
    }

    /// How much text a test may have beside its command, so that it always fits into one line of the protocol, however
    /// many of its characters are escaped.
    private static let maximumAttachedBytes = 64 << 10

    /// The tests of several suite files, and of the built-in catalogue where it is added.
    ///
    /// - Throws: `InputErrors` naming every id that is declared twice and every test that is too large.
    public static func combine(_ suites: [LoadedSuite], builtin: [TestCase] = []) throws(InputErrors) -> [TestCase] {
        var owners: [TestID: String] = [:]
        for test in builtin { owners[test.id] = "is the id of a built-in test" }
        var errors: [InputError] = []
        for suite in suites {
            for test in suite.tests {
                let place = suite.places[test.id]
                if test.attachedBytes > Self.maximumAttachedBytes {
                    errors.append(
                        InputError(
                            file: suite.path, line: place?.line, column: place?.column,
                            message: "title, tags, variables and artifacts of \(test.id) have more than "
                                + "\(Self.maximumAttachedBytes) bytes",
                            advice: "put long values into a file and name that in `files:`"))
                }
                if let owner = owners[test.id] {
                    errors.append(
                        InputError(
                            file: suite.path, line: place?.line, column: place?.column,
                            message: "\(test.id) \(owner)", advice: "give one of the two another id"))
                } else {
                    let line = place.map { ":\($0.line)" } ?? ""
                    owners[test.id] = "is declared in \(suite.path)\(line) already"
                }
            }
        }
        guard errors.isEmpty else { throw InputErrors(errors) }
        return builtin + suites.flatMap(\.tests)
    }
}

extension TestCase {
    /// The bytes of all texts beside the command.
    fileprivate var attachedBytes: Int {
        var texts = [title, mutex ?? ""] + tags
        if case .command(let command) = kind {
            texts += command.artifacts + command.variables.flatMap { [$0.key, $0.value] }
        }
        return texts.reduce(0) { $0 + $1.utf8.count }
    }
}

/// A file of a suite.
public struct SuiteMember: Hashable, Sendable {
    /// Its path relative to the suite file's folder, which is its path in the working directory too.
    public var path: String
    /// Where it is now: absolute, links resolved.
    public var source: String
    /// Its permission bits, such as `0o755`.
    public var mode: UInt32
    /// Its size in bytes.
    public var size: Int

    /// Describes a file.
    public init(path: String, source: String, mode: UInt32, size: Int) {
        self.path = path
        self.source = source
        self.mode = mode
        self.size = size
    }
}
