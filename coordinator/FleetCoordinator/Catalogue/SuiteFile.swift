import FleetModel
import Yams

/// A suite file: command tests that a user wrote in YAML, and the files that they bring along.
public enum SuiteFile {
    /// Reads a suite file and finds the files that it names.
    ///
    /// - Throws: `InputErrors` with everything that is wrong, each with file, line and column.
    public static func load(_ path: String) throws(InputErrors) -> LoadedSuite {
        let text = try InputFile.read(path, expecting: "a suite file in YAML")
        let content = try parse(text, file: path)
        let folder = try SuiteFolder(of: path)
        let files = try folder.files(matching: content.patterns, of: path)
        return LoadedSuite(path: path, tests: content.tests, places: content.places, files: files)
    }

    /// Reads the text of a suite file, without looking at any other file.
    static func parse(_ text: String, file: String) throws(InputErrors) -> SuiteContent {
        let root = try compose(text, file)
        var reader = SuiteReader(file: file)
        let content = root.map { reader.read($0) } ?? SuiteContent()
        if reader.errors.isEmpty, content.tests.isEmpty {
            let advice = "write `tests:` and below it `- id: suite/name` with a `command:`"
            throw InputErrors([InputError(file: file, message: "the file declares no test", advice: advice)])
        }
        guard reader.errors.isEmpty else { throw InputErrors(reader.errors) }
        return content
    }

    static func compose(_ text: String, _ file: String) throws(InputErrors) -> Node? {
        do {
            // Without rules every plain scalar is text as it was written: `1.10` stays a version, `no` a word.
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw InputErrors([InputError(error, file: file)])
        } catch {
            throw InputErrors([InputError(file: file, message: "not YAML: \(error)", advice: "correct it")])
        }
    }
}

/// What the text of a suite file says.
struct SuiteContent {
    /// The tests, in the order of the file.
    var tests: [TestCase] = []
    /// Where each test is declared.
    var places: [TestID: InputPlace] = [:]
    /// The patterns of `files`, with where they stand.
    var patterns: [(pattern: FilePattern, place: InputPlace)] = []
}

/// A place in a file that a person wrote.
public struct InputPlace: Hashable, Sendable {
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int

    /// Names a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

extension InputError {
    /// What the YAML parser could not read.
    fileprivate init(_ error: YamlError, file: String) {
        let advice = "correct the YAML; a text with special characters needs quotes"
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)", advice: advice)
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count { $0.isNewline } + 1 }
            self.init(file: file, line: line, message: "not YAML: \(problem)", advice: advice)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { InputError.quote($0) }.joined(separator: ", ")
            self.init(
                file: file, line: context.mark.line, column: context.mark.column,
                message: "the key \(keys) is given twice", advice: "remove one of the two")
        default:
            self.init(file: file, message: "not YAML: \(error)", advice: advice)
        }
    }
}
