/// One thing that is wrong with an OpenSSH client configuration, or that this program cannot obey: what, and where.
public struct SSHConfigFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
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

    init(_ place: ConfigPlace, _ message: String, _ advice: String) {
        self.init(file: place.file, line: place.line, column: place.column, message: message, advice: advice)
    }

    /// `FILE:LINE:COLUMN: what is wrong; what to do`, a form that editors can jump to.
    public var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return "\(place): \(message); \(advice)"
    }
}

/// Everything that is wrong with the configuration for the hosts that were asked for.
public struct SSHConfigFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// The faults, each once, in the order in which OpenSSH would meet them; never empty.
    public var faults: [SSHConfigFault]

    init(_ faults: [SSHConfigFault]) {
        var seen: Set<SSHConfigFault> = []
        self.faults = faults.filter { seen.insert($0).inserted }
    }

    /// One line a fault.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// Where something stands.
struct ConfigPlace: Hashable, Sendable {
    var file: String
    var line: Int
    var column: Int
}
