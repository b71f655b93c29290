#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One process of this system, as `/proc` describes it at one moment.
public struct ProcessInfo: Hashable, Sendable, CustomStringConvertible {
    /// Its process id, as our `/proc` shows it.
    public var processID: Int32
    /// The process id of its parent; 0 when that is outside of our PID namespace.
    public var parentID: Int32
    /// Its process group.
    public var groupID: Int32
    /// Its state: `R` running, `S` sleeping, `T` stopped, `Z` ended but not reaped, …
    public var state: Character
    /// The name of its program, at most 15 bytes.
    public var name: String
    /// When it started, in ticks since the machine did: with the id it names a process for ever.
    public var startTicks: UInt64

    /// A few words, such as `sleep (process 4711)`.
    public var description: String { "\(name) (process \(processID))" }

    /// Whether it has ended and only waits to be reaped.
    public var isZombie: Bool { state == "Z" || state == "X" }

    /// Reads one process; nil when there is none, or no `/proc`.
    public init?(processID: Int32) {
        guard let bytes = Descriptor.contents(of: "/proc/\(processID)/stat", limit: 4096) else { return nil }
        // The name stands in parentheses and may itself contain anything, parentheses too.
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
            let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
        else { return nil }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(ascii: fields[1]),
            let group = Int32(ascii: fields[2]), let start = UInt64(ascii: fields[19])
        else { return nil }
        self.processID = processID
        self.parentID = parent
        self.groupID = group
        self.state = Character(Unicode.Scalar(state))
        self.name = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
        self.startTicks = start
    }

    /// The values of its environment at its start; nil when we may not read them.
    public var environment: [String: String]? {
        guard let bytes = Descriptor.contents(of: "/proc/\(processID)/environ") else { return nil }
        var result: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let sign = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            result[String(decoding: entry[..<sign], as: UTF8.self)] =
                String(decoding: entry[(sign + 1)...], as: UTF8.self)
        }
        return result
    }

    /// Its command line, words separated by spaces; empty for one that has ended.
    public var commandLine: String {
        let bytes = Descriptor.contents(of: "/proc/\(processID)/cmdline", limit: 64 << 10) ?? []
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
}

extension FixedWidthInteger {
    fileprivate init?(ascii bytes: some Sequence<UInt8>) {
        self.init(String(decoding: Array(bytes), as: UTF8.self))
    }
}
