import Foundation

extension Rule {
    /// Words that say that something is not finished; put together here, so that this file has none of them.
    private static let leftovers = [
        "TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "not " + "implemented", "not yet " + "implemented",
        "<<<<" + "<<<", ">>>>" + ">>>",
    ]

    /// Whether a word occurs that is not a part of a longer one.
    private static func hasWord(_ word: String, in line: Substring) -> Bool {
        line.ranges(of: word).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            return before?.isLetter != true && after?.isLetter != true
        }
    }

    static let documents = [
        Rule(
            name: "nothing is left over", bad: leftovers.map { sample("// \($0): later\n") },
            good: [
                sample("// What is left over is removed.\n"),
                sample("// mktemp /tmp/fetch." + String(repeating: "X", count: 6)),
            ]
        ) { file in
            file.lines.enumerated().flatMap { number, line in
                leftovers.filter { hasWord($0, in: line) }.map {
                    file.finding(number + 1, "“\($0)”: finish it, or open an issue")
                }
            }
        },
        Rule(
            name: "what is public is documented",
            bad: [
                sample("public struct A {}\n"), sample("/// A.\n\npublic let a = 1\n"),
                sample("/// A.\npublic enum A {\n    @inlinable\n    public static func f() {}\n}\n"),
            ],
            good: [
                sample("public import FleetModel\n"), sample("public extension A {}\n"),
                sample("/// A.\n@frozen\npublic struct A {\n    /// B.\n    @inlinable public init() {}\n}\n"),
            ]
        ) { file in
            guard file.isSwift, !file.isTest else { return [] }
            return file.undocumented.map { file.finding($0, "say in one plain sentence what it is for") }
        },
        Rule(
            name: "links lead somewhere",
            bad: [sample("See [there](docs/nowhere.md).\n", path: "README.md")],
            good: [
                sample(
                    "See [it](Sources/FleetModel), [that](#part) and [this](https://swift.org).\n", path: "README.md")
            ]
        ) { file in
            guard file.path.hasSuffix(".md") else { return [] }
            return file.brokenLinks.map { file.finding($0.line, "\($0.target) does not exist") }
        },
        Rule(
            name: "scripts stop at unknown names",
            bad: [sample("#!/usr/bin/env bash\necho a\n", path: "Tests/Tools/sample")],
            good: [
                sample("#!/usr/bin/env bash\n# It does this.\nset -euo pipefail\n", path: "Tests/Tools/sample"),
                sample("#!/bin/sh\nset -eu\n", path: "Tests/Tools/sample"),
            ]
        ) { file in
            guard let first = file.lines.first, first.hasPrefix("#!"), first.hasSuffix("sh") else { return [] }
            return file.lines.contains { $0.hasPrefix("set -") && $0.contains("u") }
                ? [] : [file.finding(1, "begin with set -eu, or with set -u where failures are looked at")]
        },
    ]
}

extension SourceFile {
    /// The lines of public declarations without a comment for the reader of the API.
    fileprivate var undocumented: [Int] {
        let tokens = lexer.tokens
        return tokens.indices.compactMap { index in
            guard tokens[index].text == "public", index + 1 < tokens.count else { return nil }
            guard tokens[index + 1].text != "import", tokens[index + 1].text != "extension" else { return nil }
            let above = lines[..<(tokens[index].line - 1)].reversed().lazy.map { $0.drop { $0 == " " } }
            let comment = above.first { !$0.hasPrefix("@") && !$0.hasPrefix("#") } ?? ""
            return comment.hasPrefix("///") ? nil : tokens[index].line
        }
    }

    /// Links of a document to files that are not there.
    fileprivate var brokenLinks: [(target: String, line: Int)] {
        let folder = Repository.root.appendingPathComponent(path).deletingLastPathComponent()
        return lines.enumerated().flatMap { number, line in
            // What stands between backticks is code.
            let words = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            let text = words.compactMap { $0.offset.isMultiple(of: 2) ? $0.element : nil }.joined(separator: "`")
            return text.split(separator: "](").dropFirst().compactMap { rest -> (String, Int)? in
                let target = rest.prefix { $0 != ")" && $0 != "#" }
                if target.isEmpty || target.contains("://") || target.hasPrefix("mailto:") { return nil }
                let isThere = FileManager.default.fileExists(atPath: folder.appendingPathComponent(String(target)).path)
                return isThere ? nil : (String(target), number + 1)
            }
        }
    }
}
