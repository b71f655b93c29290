import FleetModel

/// Turns the text of hosts.txt into hosts, and collects everything that is wrong instead of stopping at the first.
struct InventoryParser {
    /// The longest line, in bytes; a longer one is no line of hosts.
    static let maximumLineLength = 4096

    let file: String
    let home: String?
    private var errors: [InputError] = []
    private var hosts: [HostSpecification] = []
    /// The line of each connection seen so far, to find a host that is named twice.
    private var lines: [HostSpecification.Connection: Int] = [:]

    init(file: String, home: String?) {
        self.file = file
        self.home = home
    }

    /// Reads the whole text.
    mutating func parse(_ text: String) throws(InputErrors) -> [HostSpecification] {
        var count = 0
        for bytes in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            count += 1
            guard bytes.count <= Self.maximumLineLength else {
                let limit = Self.maximumLineLength
                let message = "the line has \(bytes.count) bytes, more than \(limit)"
                fail(InventoryWord(text: "", line: count, column: 1), message, "write one host a line")
                continue
            }
            parseLine(InventoryLine.words(of: Substring(bytes), number: count))
        }
        if errors.isEmpty, hosts.isEmpty {
            let advice = "write one host a line, such as `admin@192.0.2.7 slots=2`, or use --local"
            errors.append(InputError(file: file, message: "the file names no host", advice: advice))
        }
        guard errors.isEmpty else { throw InputErrors(errors) }
        return hosts
    }

    private mutating func parseLine(_ words: [InventoryWord]) {
        guard let first = words.first else { return }
        var host: HostSpecification?
        do {
            let connection = try InventoryAddress.parse(first.text)
            host = HostSpecification(id: HostID(String(first.text)), connection: connection, line: first.line)
        } catch {
            fail(first.advanced(by: error.offset), error.message, error.advice)
        }
        // The keys of a line are checked even when its host is wrong: all errors come at once.
        var settings = InventorySettings(home: home)
        for word in words.dropFirst() {
            do {
                try settings.take(word.text)
            } catch {
                fail(word.advanced(by: error.offset), error.message, error.advice)
            }
        }
        if let problem = settings.contradiction(isLocal: host?.connection == .local) {
            fail(words.first { $0.text.hasPrefix(problem.key + "=") } ?? first, problem.message, problem.advice)
        }
        guard var host else { return }
        remember(host, first)
        settings.apply(to: &host)
        hosts.append(host)
    }

    private mutating func remember(_ host: HostSpecification, _ word: InventoryWord) {
        let key = host.connection.normalized
        if let line = lines[key] {
            let advice = "remove one of the two lines, or raise slots on the other"
            fail(word, "the host \(InputError.quote(word.text)) is named twice, first in line \(line)", advice)
        } else {
            lines[key] = word.line
        }
    }

    private mutating func fail(_ word: InventoryWord, _ message: String, _ advice: String) {
        errors.append(
            InputError(file: file, line: word.line, column: word.column, message: message, advice: advice))
    }
}

extension HostSpecification.Connection {
    /// The same for two spellings of one host: names of hosts have no case.
    fileprivate var normalized: HostSpecification.Connection {
        switch self {
        case .local: .local
        case .orb(let machine): .orb(machine: machine.lowercased())
        case .ssh(let user, let host, let port): .ssh(user: user, host: host.lowercased(), port: port ?? 22)
        }
    }
}

/// A word of a line, with its place.
struct InventoryWord {
    var text: Substring
    var line: Int
    var column: Int

    /// The place of a character inside the word.
    func advanced(by offset: Int) -> InventoryWord { InventoryWord(text: text, line: line, column: column + offset) }
}

/// Splits a line of hosts.txt.
enum InventoryLine {
    /// The words between blanks, up to a word that begins with `#`.
    static func words(of line: Substring, number: Int) -> [InventoryWord] {
        var words: [InventoryWord] = []
        let scalars = line.unicodeScalars
        var index = scalars.startIndex
        var column = 1
        while index < scalars.endIndex {
            if isBlank(scalars[index]) {
                index = scalars.index(after: index)
                column += 1
                continue
            }
            if scalars[index] == "#" { break }
            let end = scalars[index...].firstIndex(where: isBlank) ?? scalars.endIndex
            words.append(InventoryWord(text: line[index..<end], line: number, column: column))
            column += scalars.distance(from: index, to: end)
            index = end
        }
        return words
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r"
    }
}
