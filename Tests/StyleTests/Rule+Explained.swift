extension Rule {
    /// What is right at times, and then carries a comment in or above its function that says why.
    private static let risky: [(tokens: String, question: String)] = [
        ("Task {", "who awaits this task, and what ends it?"),
        ("Task(", "who awaits this task, and what ends it?"),
        ("Task.detached", "who awaits this task, and what ends it?"),
        ("Task.sleep", "which event can nobody await here, and what bounds the wait?"),
        ("DispatchQueue", "why is an actor or an event loop not enough?"),
        ("DispatchSemaphore", "why may this thread block, and for how long?"),
        ("@unchecked Sendable", "what protects the state?"),
        ("nonisolated(unsafe)", "what protects the state?"),
    ]

    static let explained = risky.map { entry in
        let tokens = SwiftLexer(entry.tokens).tokens.map(\.text)
        let code = "func f() {\n    \(entry.tokens)\n}\n"
        return Rule(
            name: "\(entry.tokens) is explained", bad: [sample(code)],
            good: [sample(code.replacing("    ", with: "    // Ends with the run.\n    "))]
        ) { file in
            guard file.isSwift else { return [] }
            return file.lines(with: tokens).filter { !file.isExplained($0) }.map { line in
                file.finding(line, "\(entry.tokens) needs a comment in or right above its function: \(entry.question)")
            }
        }
    }
}
