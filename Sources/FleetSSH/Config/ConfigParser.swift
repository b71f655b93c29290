/// Reads one configuration file, and collects everything that is wrong instead of stopping at the first.
struct ConfigParser {
    /// The longest line, in bytes; a longer one is nothing that a person wrote.
    static let maximumLineLength = 64 * 1024

    let file: String
    /// Finds what an `Include` means.
    let include: (_ path: String, _ place: ConfigPlace) -> (files: [ConfigFile], faults: [SSHConfigFault])
    private(set) var faults: [SSHConfigFault] = []

    init(
        file: String, include: @escaping (String, ConfigPlace) -> (files: [ConfigFile], faults: [SSHConfigFault])
    ) {
        self.file = file
        self.include = include
    }

    /// Reads the whole file.
    mutating func parse(_ bytes: [UInt8]) -> ConfigFile {
        var nodes: [ConfigNode] = []
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            fault(1, 1, "the file begins with a byte order mark, which ssh refuses, too", "save it without one")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = index == 0 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
            if let node = node(Array(line), number: index + 1) { nodes.append(node) }
        }
        return ConfigFile(nodes: nodes)
    }

    private mutating func fault(_ line: Int, _ column: Int, _ message: String, _ advice: String) {
        faults.append(SSHConfigFault(file: file, line: line, column: column, message: message, advice: advice))
    }

    private mutating func node(_ bytes: [UInt8], number: Int) -> ConfigNode? {
        guard bytes.count <= Self.maximumLineLength else {
            fault(number, 1, "the line has \(bytes.count) bytes", "write at most \(Self.maximumLineLength)")
            return nil
        }
        if let zero = bytes.firstIndex(of: 0) {
            fault(number, ConfigLine.column(zero, in: bytes), "the line contains a zero byte", "remove it")
            return nil
        }
        do throws(ConfigLine.Fault) {
            guard let line = try ConfigLine(bytes) else { return nil }
            return try node(line, number: number)
        } catch {
            fault(number, error.column, error.message, "see ssh_config(5)")
            return nil
        }
    }

    private mutating func node(_ line: ConfigLine, number: Int) throws(ConfigLine.Fault) -> ConfigNode? {
        let name = line.keyword.text
        let place = ConfigPlace(file: file, line: number, column: line.keyword.column)
        switch name {
        case "host": return .host(try patterns(line))
        case "match": return .match(try MatchReader(line: line, file: file, number: number).criteria())
        case "include": return includeNode(line, number: number)
        default: break
        }
        switch ConfigKeyword(name) {
        case nil: return .unknown(name: name, place)
        case .ignored: return nil
        case .obeyed(let keyword):
            let value = try ConfigArgument(line: line).value(of: keyword)
            let argument = line.words.first?.column ?? line.rest.column
            return .setting(value, ConfigPlace(file: file, line: number, column: argument))
        case .refused(let harmless, let why):
            if line.words.count == 1, harmless.contains(line.words[0].text.lowercased()) { return nil }
            return .refused(name: name, why: why, place)
        }
    }

    private func patterns(_ line: ConfigLine) throws(ConfigLine.Fault) -> [String] {
        if let empty = line.words.first(where: \.text.isEmpty) {
            throw ConfigLine.Fault(message: "the pattern is empty", column: empty.column)
        }
        return line.words.map(\.text)
    }

    private mutating func includeNode(_ line: ConfigLine, number: Int) -> ConfigNode {
        var files: [ConfigFile] = []
        for word in line.words {
            let place = ConfigPlace(file: file, line: number, column: word.column)
            let found =
                word.text.isEmpty
                ? ([], [SSHConfigFault(place, "the path is empty", "name a file")])
                : include(word.text, place)
            files += found.0
            faults += found.1
        }
        return .include(files)
    }
}
