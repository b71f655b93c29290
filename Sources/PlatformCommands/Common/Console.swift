#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The terminal, or whatever stands in its place.
enum Console {
    /// Prints a line on standard output.
    static func line(_ text: String) { write(text + "\n", STDOUT_FILENO) }

    /// Prints a line on standard error.
    static func complaint(_ text: String) { write(text + "\n", STDERR_FILENO) }

    private static func write(_ text: String, _ descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more; there is nobody to tell.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Rows under the names of their columns, each as wide as it must be.
    static func table(_ columns: [String], _ rows: [[String]]) -> String {
        let all = [columns.map { $0.uppercased() }] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// Asks for a password: on a terminal without showing it, else the first line of standard input. Nil when there is none.
    static func password(_ question: String) -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return readLine(strippingNewline: true) }
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            complaint("")
        }
        write(question, STDERR_FILENO)
        return readLine(strippingNewline: true)
    }
}

/// The call of that name, which the method above hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
