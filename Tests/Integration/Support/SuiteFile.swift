/// A suite file made for one test.
struct SuiteFile {
    /// One command test.
    struct Test {
        var id: String
        /// A line for `/bin/sh -c`.
        var command: String
        /// Further lines of the entry, such as `timeout: 2`.
        var more: [String] = []

        var yaml: String {
            let quoted = command.replacing("'", with: "''")
            return (["  - id: \(id)", "    command: '\(quoted)'"] + more.map { "    \($0)" }).joined(separator: "\n")
        }
    }

    var tests: [Test]
    var files: [String] = []

    var ids: [String] { tests.map(\.id) }

    var yaml: String {
        let head = files.isEmpty ? "" : "files: [\(files.map { "\"\($0)\"" }.joined(separator: ", "))]\n"
        return head + "tests:\n" + tests.map(\.yaml).joined(separator: "\n") + "\n"
    }

    /// So many tests that sleep for a second each.
    static func seconds(_ count: Int) -> SuiteFile {
        SuiteFile(
            tests: (1...count).map { number in
                let padded = String(repeating: "0", count: 4 - "\(number)".count) + "\(number)"
                return Test(id: "load/second-\(padded)", command: "sleep 1; echo done \(padded)", more: ["estimate: 1"])
            })
    }
}
