/// One thing that a rule found.
struct Finding: CustomStringConvertible {
    let path: String
    let line: Int
    let advice: String

    var description: String { "\(path):\(line): \(advice)" }
}

/// A rule of style, with a file that it must find fault with: a rule that cannot fail protects nothing.
struct Rule: Sendable {
    let name: String
    /// Files that break the rule.
    let bad: [SourceFile]
    /// Files that look alike and do not break it.
    let good: [SourceFile]
    let check: @Sendable (SourceFile) -> [Finding]

    /// All rules.
    static let all: [Rule] = banned + explained + imports + purity + sizes + documents
}

extension SourceFile {
    func finding(_ line: Int, _ advice: String) -> Finding { Finding(path: path, line: line, advice: advice) }
}
