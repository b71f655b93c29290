import FleetModel
import Yams

/// Walks the nodes of a suite file and collects everything that is wrong instead of stopping at the first.
struct SuiteReader: NodeReader {
    /// The largest command: more could not be started on every system.
    static let maximumCommandLength = 96 << 10

    let file: String
    var errors: [InputError] = []

    init(file: String) { self.file = file }

    /// Reads the document.
    mutating func read(_ root: Node) -> SuiteContent {
        var content = SuiteContent()
        guard let fields = fields(root, of: "the file", known: ["files", "tests"]) else { return content }
        for node in fields["files"].flatMap({ list($0.value, "files") }) ?? [] {
            guard let text = text(node, "a pattern of files") else { continue }
            do {
                content.patterns.append((try FilePattern(text), Self.place(of: node)))
            } catch {
                fail(node, error.message, error.advice)
            }
        }
        for node in fields["tests"].flatMap({ list($0.value, "tests") }) ?? [] {
            guard let (test, place) = readTest(node) else { continue }
            if let first = content.places[test.id] {
                let advice = "give one of the two another id"
                errors.append(
                    InputError(
                        file: file, line: place.line, column: place.column,
                        message: "the id \(test.id) is declared twice, first in line \(first.line)", advice: advice))
            } else {
                content.places[test.id] = place
                content.tests.append(test)
            }
        }
        return content
    }

    private mutating func readTest(_ node: Node) -> (TestCase, InputPlace)? {
        guard let fields = fields(node, of: "a test", known: Self.testKeys) else { return nil }
        // Every field is read before anything is given up, so that all errors come at once.
        let id = readID(fields, node)
        let command = readCommand(fields, node)
        let title = fields["title"].flatMap { text($0.value, "title") }
        let modes = readModes(fields)
        let estimate = fields["estimate"].flatMap { seconds($0.value, "estimate", from: 0) }
        let timeout = fields["timeout"].flatMap { seconds($0.value, "timeout", from: 0.1) }
        let isolation = fields["environment"].flatMap { word($0.value, "environment", Isolation.self) }
        let artifacts = readArtifacts(fields["artifacts"]?.value)
        let variables = readVariables(fields["env"]?.value)
        let tags = fields["tags"].flatMap { list($0.value, "tags") }?.compactMap { text($0, "a tag") }
        let mutex = fields["mutex"].flatMap { text($0.value, "mutex") }
        let weight = fields["weight"].flatMap { number($0.value, "weight", 1...256) }
        let isRepeatable = fields["repeatable"].flatMap { flag($0.value, "repeatable") }
        guard let id, let command else { return nil }
        checkEndpoints(of: command, modes, fields)
        let test = TestCase(
            id: id.id, title: title ?? id.id.description, modes: modes, estimate: estimate, timeout: timeout ?? 300,
            isolation: isolation ?? .shared, tags: tags ?? [], mutex: mutex, weight: weight ?? 1,
            isRepeatable: isRepeatable ?? false,
            kind: .command(CommandSpecification(command: command, variables: variables, artifacts: artifacts)))
        return (test, id.place)
    }

    /// The fields of a test.
    static let testKeys = [
        "id", "title", "command", "mode", "modes", "estimate", "timeout", "environment", "artifacts", "env", "tags",
        "mutex", "weight", "repeatable",
    ]

    private mutating func readID(_ fields: [String: Field], _ node: Node) -> (id: TestID, place: InputPlace)? {
        guard let field = fields["id"] else {
            fail(node, "a test has no id", "write `id: suite/kebab-name`")
            return nil
        }
        guard let text = text(field.value, "id") else { return nil }
        guard let id = TestID(text), id == id.original else {
            let advice = "write suite/kebab-name with a-z, 0-9 and -, at most 200 bytes, such as smoke/dns"
            fail(field.value, "\(InputError.quote(text)) is not an id", advice)
            return nil
        }
        return (id, Self.place(of: field.value))
    }

    private mutating func readModes(_ fields: [String: Field]) -> [Mode] {
        if fields["mode"] != nil, let modes = fields["modes"] {
            fail(modes.key, "a test has mode and modes", "write one of the two")
        }
        let nodes = fields["mode"].map { [$0.value] } ?? fields["modes"].flatMap { list($0.value, "modes") } ?? []
        var modes: [Mode] = []
        for node in nodes {
            guard let mode = word(node, "mode", Mode.self), !modes.contains(mode) else { continue }
            modes.append(mode)
        }
        return modes
    }
}
