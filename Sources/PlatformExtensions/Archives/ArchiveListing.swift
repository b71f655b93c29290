import PlatformService

/// What is in an archive, as GNU tar lists it.
struct ArchiveListing: Sendable, Hashable {
    /// One entry.
    struct Entry: Sendable, Hashable {
        /// The first character of tar's listing: `-` a file, `d` a directory, all else neither.
        let kind: Character
        /// True when its owner may run it.
        let isExecutable: Bool
        /// Bytes, unpacked.
        let size: Int
        /// As in the archive, special characters escaped.
        let path: String

        /// Without a leading `./` and a final slash.
        var name: String {
            let name = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
            return String(name.hasSuffix("/") ? name.dropLast() : name)
        }
    }

    /// More entries than that are refused.
    static let maximumEntries = 10_000
    /// An archive whose files are larger together is refused, in bytes.
    static let maximumSize = 4 << 30

    let entries: [Entry]

    /// Reads the output of `tar --list --verbose --full-time --numeric-owner`. Throws when a line is none of it.
    init(parsing text: String) throws(PlatformError) {
        var entries: [Entry] = []
        for line in text.split(whereSeparator: \.isNewline) {
            // Mode, owner, size, date, time, path.
            let columns = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard columns.count == 6, let kind = columns[0].first, let size = Self.size(columns[2], kind) else {
                throw PlatformError(.failed, "tar's listing of the archive cannot be read: \(line)")
            }
            entries.append(
                Entry(
                    kind: kind, isExecutable: columns[0].dropFirst(3).hasPrefix("x"), size: size,
                    path: String(columns[5])))
        }
        self.entries = entries
    }

    /// A device has two numbers instead of a size.
    private static func size(_ text: Substring, _ kind: Character) -> Int? { "cb".contains(kind) ? 0 : Int(text) }

    /// What makes the archive unfit to be unpacked anywhere.
    var faults: [String] {
        var faults: [String] = []
        for entry in entries.prefix(Self.maximumEntries) {
            let isOutside = entry.path.hasPrefix("/") || entry.path.split(separator: "/").contains("..")
            if isOutside { faults.append("the entry \(entry.path) is outside of the archive") }
            if entry.kind != "-", entry.kind != "d" {
                faults.append("the entry \(entry.path) is neither a file nor a directory")
            }
        }
        if entries.count > Self.maximumEntries {
            faults.append("it has \(entries.count) entries; at most \(Self.maximumEntries) are taken")
        }
        let size = entries.reduce(0) { $0 &+ $1.size }
        if size > Self.maximumSize {
            faults.append("its files have \(size) bytes; at most \(Self.maximumSize) are taken")
        }
        return faults
    }

    /// The file of that name at the top, nil when there is none.
    func file(_ name: String) -> Entry? { entries.first { $0.kind == "-" && $0.name == name } }
}
