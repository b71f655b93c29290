import Foundation

/// A text file of the repository, with its tokens when it is Swift.
struct SourceFile {
    /// The path below the repository's root.
    let path: String
    let text: String
    let lines: [Substring]
    let lexer: SwiftLexer
    /// Where each word and mark occurs: most rules look for rare ones.
    private let places: [String: [Int]]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.lexer = SwiftLexer(path.hasSuffix(".swift") ? text : "")
        self.places = Dictionary(grouping: lexer.tokens.indices) { [lexer] in lexer.tokens[$0].text }
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// The module that a Swift file belongs to: the folder of its target.
    var module: String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.count > 2 ? parts[1] : parts.first ?? ""
    }

    /// Whether only tests see it.
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// A manifest describes the package; it is not part of a module.
    var isManifest: Bool { path.hasSuffix("Package.swift") }

    /// Where a sequence of tokens occurs, as lines; a call is one of a free function, not of a member of that name.
    func lines(with sequence: [String]) -> [Int] {
        let tokens = lexer.tokens
        return (places[sequence[0]] ?? []).compactMap { begin in
            guard begin + sequence.count <= tokens.count else { return nil }
            let before = begin > 0 ? tokens[begin - 1].text : ""
            if sequence.last == "(", [".", "func", "case"].contains(before) { return nil }
            for offset in sequence.indices.dropFirst() {
                let token = tokens[begin + offset]
                // `try !isDone` is no `try!`.
                if token.text != sequence[offset] || token.text == "!" && !token.isGlued { return nil }
            }
            return tokens[begin].line
        }
    }

    /// Whether a comment stands in or right above the function around a line; outside of functions, a few lines above.
    func isExplained(_ line: Int) -> Bool {
        let around = functions.last { ($0.line...$0.lastLine).contains(line) }
        let reach = around.map { ($0.line - 2)...$0.lastLine } ?? (line - 12)...line
        return lexer.commentLines.contains(where: reach.contains)
    }

    /// The modules that the file imports, with the lines.
    var imports: [(module: String, line: Int)] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let tokens = lexer.tokens
        return (places["import"] ?? []).compactMap { index in
            guard index + 1 < tokens.count else { return nil }
            let isKind = kinds.contains(tokens[index + 1].text) && index + 2 < tokens.count
            return (tokens[index + (isKind ? 2 : 1)].text, tokens[index].line)
        }
    }
}

/// The files that we wrote.
enum Repository {
    /// The root, found from this file.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// All text files, ordered by path: sources, scripts, documents; nothing that a build or a run made.
    static let files: [SourceFile] = {
        let folders = ["Sources", "Tests", "agent", "coordinator", "protocol", "docs", ".ci", "examples"]
        let top = ["Package.swift", "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        var paths = top
        for folder in folders {
            let found = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
            while let path = found?.nextObject() as? String {
                if path.split(separator: "/").contains(where: { $0.hasPrefix(".build") || $0 == "__pycache__" }) {
                    continue
                }
                paths.append("\(folder)/\(path)")
            }
        }
        return paths.sorted().compactMap(read)
    }()

    static var swift: [SourceFile] { files.filter(\.isSwift) }

    /// A file, unless it is a directory, a link or not UTF-8.
    private static func read(_ path: String) -> SourceFile? {
        let url = root.appendingPathComponent(path)
        guard let kind = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType,
            kind == .typeRegular, let data = try? Data(contentsOf: url), let text = String(data: data, encoding: .utf8)
        else { return nil }
        return SourceFile(path: path, text: text)
    }
}
