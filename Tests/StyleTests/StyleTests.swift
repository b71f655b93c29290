import Testing

@Suite struct StyleTests {
    @Test(arguments: Rule.all.map(\.name))
    func holds(name: String) throws {
        let rule = try #require(Rule.all.first { $0.name == name })
        let findings = Repository.files.flatMap(rule.check)
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test(arguments: Rule.all.map(\.name))
    func canFail(name: String) throws {
        let rule = try #require(Rule.all.first { $0.name == name })
        #expect(!rule.bad.isEmpty)
        for file in rule.bad { #expect(!rule.check(file).isEmpty, "“\(name)” overlooks:\n\(file.text.prefix(300))") }
        for file in rule.good { #expect(rule.check(file).isEmpty, "“\(name)” blames:\n\(file.text.prefix(300))") }
    }

    @Test func namesAreUnique() {
        #expect(Set(Rule.all.map(\.name)).count == Rule.all.count)
    }

    @Test func theRulesSeeTheWholeRepository() {
        let paths = Set(Repository.files.map(\.path))
        for path in [
            "README.md", "Package.swift", "Sources/FleetModel/Mode.swift", "Sources/CLinux/include/CLinux.h",
            "protocol/FleetProtocol/Message.swift", "Tests/StyleTests/Rule.swift", "Tests/Tools/fetch-junit-xsd",
            "docs/ARCHITECTURE.md",
        ] {
            let isSeen = paths.contains(path)
            #expect(isSeen, "\(path) is not looked at")
        }
        for module in ["agent", "FleetAgent", "coordinator", "FleetCoordinator", "FleetSSH", "platform", "FleetSuites"]
        {
            #expect(Repository.swift.contains { $0.module == module }, "\(module) is not looked at")
        }
        #expect(!paths.contains { $0.contains("/.build") })
        #expect(Repository.swift.allSatisfy { !$0.lexer.tokens.isEmpty || $0.text.isEmpty || $0.isOnlyComments })
    }

    @Test func theLexerTellsCodeFromText() {
        let source = """
            let a = "b // c \\(d("e")) f" // g
            /* h /* i */ j */ k(#"l "m" \\n"#, #/n "o/#) // p
            let q = \"""
                r "s" \\(t)
                \"""
            """
        #expect(
            SwiftLexer(source).tokens.map(\.text).joined(separator: " ") == "let a = ( d ( ) )"
                + " k ( , ) let q = ( t )")
        #expect(SwiftLexer(source).commentLines == [1, 2])
        #expect(SwiftLexer(source).tokens.last?.line == 4)
    }
}

extension SourceFile {
    fileprivate var isOnlyComments: Bool { lines.allSatisfy { $0.isEmpty || $0.hasPrefix("//") } }
}
