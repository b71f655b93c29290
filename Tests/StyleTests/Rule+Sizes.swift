extension Rule {
    private static let fileLimit = 500
    private static let functionLimit = 70

    static let sizes = [
        Rule(
            name: "files are at most \(fileLimit) lines",
            bad: [sample(String(repeating: "let a = 1\n", count: fileLimit + 1))],
            good: [sample(String(repeating: "let a = 1\n", count: fileLimit))]
        ) { file in
            // Schemas, golden lines and the page that a tool writes are data; nobody reads them from top to bottom.
            guard file.path != "docs/TEST_COVERAGE.md" else { return [] }
            guard [".swift", ".c", ".h", ".py", ".sh", ".md"].contains(where: file.path.hasSuffix) else { return [] }
            let count = file.text.hasSuffix("\n") ? file.lines.count - 1 : file.lines.count
            return count > fileLimit ? [file.finding(1, "\(count) lines; split it, one idea a file")] : []
        },
        Rule(
            name: "functions are at most \(functionLimit) lines",
            bad: [
                longFunction("func f(_ g: () -> Void = {}) async throws -> Int {"), longFunction("init?(a: Int) {"),
                longFunction("var a: Int {"), longFunction("deinit {"),
            ],
            good: [
                sample("func f() {\n" + String(repeating: "    g()\n", count: functionLimit - 2) + "}\n"),
                sample("protocol P {\n    func f()\n    var a: Int { get }\n}\n" + longText),
            ]
        ) { file in
            file.functions.filter { $0.lastLine - $0.line + 1 > functionLimit }.map { function in
                file.finding(
                    function.line, "\(function.name) has \(function.lastLine - function.line + 1) lines; split it")
            }
        },
    ]

    /// A long thing that is no function.
    private static let longText = "enum E {\n" + String(repeating: "    case a\n", count: 90) + "}\n"

    private static func longFunction(_ head: String) -> SourceFile {
        sample("struct S {\n\(head)\n" + String(repeating: "    g { 1 }\n", count: functionLimit) + "}\n}\n")
    }
}

extension SourceFile {
    /// A function, initializer or computed property with a body.
    struct Function {
        let name: String
        let line: Int
        let lastLine: Int
    }

    /// All bodies of the file.
    var functions: [Function] {
        let tokens = lexer.tokens
        return tokens.indices.compactMap { index in
            guard let open = bodyStart(of: index), let close = closingBrace(of: open) else { return nil }
            let name = tokens[index].text == "func" || tokens[index].text == "var" ? tokens[index + 1] : tokens[index]
            return Function(name: name.text, line: tokens[index].line, lastLine: tokens[close].line)
        }
    }

    /// Where the body of the declaration that starts at a token opens; nil when none starts there, or has no body.
    private func bodyStart(of index: Int) -> Int? {
        let tokens = lexer.tokens
        let isMember = index > 0 && tokens[index - 1].text == "."
        guard ["func", "init", "deinit", "subscript", "var"].contains(tokens[index].text), !isMember else { return nil }
        let isProperty = tokens[index].text == "var"
        let ends: Set = ["func", "init", "deinit", "subscript", "var", "let", "case", "}", ";", "public", "static"]
        var depth = 0
        for next in tokens.indices.dropFirst(index + 1) {
            switch tokens[next].text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return next
            case "=" where depth == 0 && isProperty: return nil
            case let text where depth == 0 && (ends.contains(text) && next > index + 1): return nil
            default: break
            }
            if depth < 0 || isProperty && tokens[next].line > tokens[index].line { return nil }
        }
        return nil
    }

    private func closingBrace(of open: Int) -> Int? {
        var depth = 0
        for index in lexer.tokens.indices.dropFirst(open) {
            if lexer.tokens[index].text == "{" { depth += 1 }
            if lexer.tokens[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
