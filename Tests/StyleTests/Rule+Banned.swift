extension Rule {
    /// A call that we do not use: its tokens, what to use, and where it is right all the same.
    private struct Ban: Sendable {
        let text: String
        let tokens: [String]
        let advice: String
        let isExempt: @Sendable (SourceFile) -> Bool

        init(_ text: String, _ advice: String, exempt: @escaping @Sendable (SourceFile) -> Bool = { _ in false }) {
            self.text = text
            tokens = SwiftLexer(text).tokens.map(\.text)
            self.advice = advice
            isExempt = exempt
        }
    }

    /// Programs talk to people on standard output; libraries do not.
    @Sendable private static func mayPrint(_ file: SourceFile) -> Bool {
        let programs = ["agent", "coordinator", "platform"]
        return file.isManifest || programs.contains(file.module) || file.path.hasSuffix("/main.swift")
    }

    private static let bans = [
        Ban("try!", "handle the error, or throw it on"),
        Ban("as!", "use as? and throw an error that says what was expected"),
        Ban("fatalError(", "throw an error; for a broken promise of ours use preconditionFailure with a sentence"),
        Ban("print(", "return the text, or log it; only the programs print", exempt: mayPrint),
        Ban("debugPrint(", "log it"),
        Ban("dump(", "log it"),
        Ban("Thread.sleep", "await the event, with a deadline"),
        Ban("usleep(", "await the event, with a deadline"),
        Ban("sleep(1", "await the event, with a deadline"),
        Ban("NSLock", "use NIOLockedValueBox, or FleetSystem's lock"),
        Ban("Mutex<", "use NIOLockedValueBox: the thread sanitizer does not understand Mutex"),
        Ban("Mutex(", "use NIOLockedValueBox: the thread sanitizer does not understand Mutex"),
        Ban("unsafeBitCast", "convert the value"),
        Ban("Process()", "use FleetSystem's Spawner: it leaves no child behind", exempt: \.isTest),
        Ban("popen(", "use FleetSystem's Spawner"),
        Ban("system(", "use FleetSystem's Spawner: no shell parses our arguments"),
        Ban("XCTAssert", "use Swift Testing"),
        Ban("import XCTest", "use Swift Testing"),
    ]

    static let banned = bans.map { ban in
        let text = ban.text
        return Rule(
            name: "no \(text)",
            bad: [sample("func f() {\n    \(text)\n}\n")],
            good: [
                sample("let is = try !as\n"),
                sample("// \(text)\nlet text = \"\(text)\"\nlet more = #\"\"\"\n\(text)\n\"\"\"#\n"),
            ]
        ) { file in
            guard file.isSwift, !ban.isExempt(file) else { return [] }
            return file.lines(with: ban.tokens).map { file.finding($0, "\(text): \(ban.advice)") }
        }
    }

    /// A made-up file of a library.
    static func sample(_ text: String, path: String = "Sources/FleetModel/Sample.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }
}
