import FleetSystem
import FleetTestSupport
import Foundation
import PlatformService

/// The `semver` that comes with npm: another implementation of the same rules, to compare ours with.
enum NodeSemver {
    private static let module = "/usr/lib/node_modules/npm/node_modules/semver"

    static var isInstalled: Bool {
        FileManager.default.fileExists(atPath: module) && FileManager.default.isExecutableFile(atPath: "/usr/bin/node")
    }

    /// Evaluates an expression for each of the questions; `s` is the library and `q` the question.
    static func answers<Question: Encodable, Answer: Decodable>(
        _ expression: String, _ questions: [Question], as type: Answer.Type
    ) async throws -> [Answer] {
        try await withScratch("semver") { directory in
            let input = "\(directory)/questions"
            try AtomicFile.write(JSONEncoder().encode(questions), to: input)
            let script =
                "const s=require('\(module)');const all=JSON.parse(require('fs').readFileSync(0));"
                + "process.stdout.write(JSON.stringify(all.map(q=>(\(expression)))))"
            let result = try await ToolRun.run("node", ["-e", script], input: input)
            guard result.status.isSuccess else { throw TestServiceError("node: \(result.output)") }
            return try JSONDecoder().decode([Answer].self, from: Data(result.output.utf8))
        }
    }
}

/// Makes versions and constraints, from few numbers, so that they meet often.
struct VersionMaker {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &random)] }

    mutating func number() -> String { "\(pick([0, 0, 1, 1, 2, 3, 10]))" }

    mutating func version() -> String {
        let core = "\(number()).\(number()).\(number())"
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return core + "-" + preRelease()
        case 1: return core + pick(["+build", "+5", "-rc.1+x.y"])
        default: return core
        }
    }

    mutating func preRelease() -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in pick(["0", "1", "2", "10", "a", "b", "rc", "1a", "-"]) }
            .joined(separator: ".")
    }

    /// A text that is mostly a version, and at times nearly one.
    mutating func nearlyVersion() -> String {
        let text = version()
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return text.replacing("0", with: "00")
        case 1: return text.replacing(".", with: "..")
        case 2: return String(text.dropLast())
        case 3: return text + pick(["-", "+", ".", ".1", "_", "ä", "-01", "+01", "- "])
        case 4: return pick(["v", "=", "-", "", "1."]) + text
        default: return text
        }
    }

    mutating func partial() -> String {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: number()
        case 1: number() + "." + number()
        case 2: number() + "." + pick(["x", "*", "X"])
        case 3: number() + "." + number() + "." + pick(["x", "*"])
        case 4: pick(["*", "x"])
        default: version()
        }
    }

    mutating func constraint() -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in alternative() }.joined(separator: pick(["||", " || "]))
    }

    private mutating func alternative() -> String {
        if Int.random(in: 0..<6, using: &random) == 0 { return "\(partial()) - \(partial())" }
        let signs = ["^", "~", "", "=", ">", ">=", "<", "<=", "^", "~", ">= ", "~>"]
        return (0..<Int.random(in: 1...2, using: &random)).map { _ in pick(signs) + partial() }
            .joined(separator: pick([" ", ",", ", "]))
    }
}
