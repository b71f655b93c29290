/// How the log of a CI system shows lines that open with a click.
public enum LogFold: Sendable, Hashable {
    /// GitHub Actions. What is folded may hold anything: commands in it are not obeyed, because nobody knows the token that
    /// makes them count again.
    case gitHub(token: String)
    /// GitLab, which wants a Unix time in seconds as the begin and end of a section.
    case gitLab(time: Int)

    /// Lines behind the first of them; `name` is unlike that of other folds of the log.
    func folded(_ lines: [String], name: String) -> [String] {
        guard let head = lines.first, lines.count > 1 else { return lines }
        switch self {
        case .gitHub(let token):
            return ["::group::\(GitHubCommand.escaped(head))", "::stop-commands::\(token)"] + lines.dropFirst()
                + ["::\(token)::", "::endgroup::"]
        case .gitLab(let time):
            let section = Self.sectionName(name)
            return ["\u{1B}[0Ksection_start:\(time):\(section)[collapsed=true]\r\u{1B}[0K\(head)"] + lines.dropFirst()
                + ["\u{1B}[0Ksection_end:\(time):\(section)\r\u{1B}[0K"]
        }
    }

    // GitLab takes letters, digits, `_`, `.` and `-`.
    private static func sectionName(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) ? $0 : "_" })
    }
}
