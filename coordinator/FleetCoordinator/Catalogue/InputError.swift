/// One thing that is wrong with a file that a person wrote: what, where, and what to do.
public struct InputError: Hashable, Sendable, CustomStringConvertible {
    /// The file, as the person named it.
    public var file: String
    /// The line, from 1; nil when the file as a whole is meant.
    public var line: Int?
    /// The column in Unicode scalars, from 1; nil when the line as a whole is meant.
    public var column: Int?
    /// What is wrong, as a clause without a full stop.
    public var message: String
    /// What to do about it, as a clause without a full stop.
    public var advice: String

    /// Describes what is wrong.
    public init(file: String, line: Int? = nil, column: Int? = nil, message: String, advice: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.advice = advice
    }

    /// `FILE:LINE:COLUMN: what is wrong; what to do`, a form that editors can jump to.
    public var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return "\(place): \(message); \(advice)"
    }

    /// Text of the person's own for a message: at most 60 characters, control characters made visible.
    static func quote(_ text: some StringProtocol) -> String {
        let shown = text.unicodeScalars.prefix(60).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
        }
        return "“" + shown.joined() + (text.unicodeScalars.count > 60 ? "…" : "") + "”"
    }
}

/// Everything that is wrong with the files of one command; the program ends with exit status 65.
public struct InputErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// The exit status of DESIGN.md for a bad input file.
    public static let exitStatus: Int32 = 65

    /// The errors in the order of their place; never empty.
    public var errors: [InputError]

    /// Collects errors.
    public init(_ errors: [InputError]) { self.errors = errors }

    /// One line an error; after 50 only how many there are.
    public var description: String {
        let shown = errors.prefix(50).map(\.description)
        return (errors.count > 50 ? shown + ["… and \(errors.count - 50) more errors"] : shown).joined(separator: "\n")
    }
}
