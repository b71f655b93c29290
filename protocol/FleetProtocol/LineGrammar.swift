/// Checks the bytes of a line against the grammar of JSON, before a parser makes values of them.
///
/// The parser of Foundation guesses the encoding from the first bytes, recurses into arrays and objects, takes a comma
/// too many, and does not look into fields that nobody asks for; what it takes differs between systems. So the grammar
/// is checked here, strictly, without recursion, with the depth bounded.
struct LineGrammar {
    /// What may come next, blanks aside.
    private enum Expectation {
        case start, value, valueOrEnd, name, nameOrEnd, colon, commaOrEnd, nothing
    }

    private let bytes: [UInt8]
    private var index = 0
    private var expectation = Expectation.start
    /// For each open array or object, whether it is an object.
    private var open: [Bool] = []

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Checks a line without its end.
    ///
    /// - Throws: `MalformedLine` with the code `not-json` or `too-deep`.
    static func check(_ bytes: [UInt8]) throws(MalformedLine) {
        var grammar = LineGrammar(bytes)
        while let byte = grammar.peek() {
            if byte == 0x20 || byte == 0x09 || byte == 0x0D {
                grammar.index += 1
            } else {
                try grammar.takeToken(byte)
            }
        }
        guard grammar.expectation == .nothing else { throw grammar.fault() }
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func fault() -> MalformedLine {
        MalformedLine(code: .notJSON, description: "the line is not a JSON object: wrong at byte \(index + 1)")
    }

    private mutating func takeToken(_ byte: UInt8) throws(MalformedLine) {
        switch (expectation, byte) {
        case (.start, UInt8(ascii: "{")), (.value, UInt8(ascii: "{")), (.valueOrEnd, UInt8(ascii: "{")):
            try enter(isObject: true)
        case (.value, UInt8(ascii: "[")), (.valueOrEnd, UInt8(ascii: "[")):
            try enter(isObject: false)
        case (.valueOrEnd, UInt8(ascii: "]")), (.nameOrEnd, UInt8(ascii: "}")):
            leave()
        case (.commaOrEnd, UInt8(ascii: "]")) where open.last == false,
            (.commaOrEnd, UInt8(ascii: "}")) where open.last == true:
            leave()
        case (.commaOrEnd, UInt8(ascii: ",")):
            index += 1
            expectation = open.last == true ? .name : .value
        case (.name, UInt8(ascii: "\"")), (.nameOrEnd, UInt8(ascii: "\"")):
            try takeString()
            expectation = .colon
        case (.colon, UInt8(ascii: ":")):
            index += 1
            expectation = .value
        case (.value, _), (.valueOrEnd, _):
            try takeScalar(byte)
            expectation = .commaOrEnd
        case (.start, _), (.name, _), (.nameOrEnd, _), (.colon, _), (.commaOrEnd, _), (.nothing, _):
            throw fault()
        }
    }

    private mutating func enter(isObject: Bool) throws(MalformedLine) {
        open.append(isObject)
        guard open.count <= ProtocolVersion.maximumDepth else {
            let limit = ProtocolVersion.maximumDepth
            throw MalformedLine(code: .tooDeep, description: "the line is nested deeper than \(limit)")
        }
        index += 1
        expectation = isObject ? .nameOrEnd : .valueOrEnd
    }

    private mutating func leave() {
        open.removeLast()
        index += 1
        expectation = open.isEmpty ? .nothing : .commaOrEnd
    }
}

// Strings, numbers and words.
extension LineGrammar {
    private mutating func takeScalar(_ byte: UInt8) throws(MalformedLine) {
        switch byte {
        case UInt8(ascii: "\""): try takeString()
        case UInt8(ascii: "t"): try takeWord("true")
        case UInt8(ascii: "f"): try takeWord("false")
        case UInt8(ascii: "n"): try takeWord("null")
        default: try takeNumber()
        }
    }

    private mutating func takeWord(_ word: StaticString) throws(MalformedLine) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard peek() == word.utf8Start[offset] else { throw fault() }
            index += 1
        }
    }

    private mutating func takeNumber() throws(MalformedLine) {
        if peek() == UInt8(ascii: "-") { index += 1 }
        if peek() == UInt8(ascii: "0") { index += 1 } else { try takeDigits() }
        if peek() == UInt8(ascii: ".") {
            index += 1
            try takeDigits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            index += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { index += 1 }
            try takeDigits()
        }
    }

    private mutating func takeDigits() throws(MalformedLine) {
        let first = index
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > first else { throw fault() }
    }

    private mutating func takeString() throws(MalformedLine) {
        index += 1
        while let byte = peek() {
            guard byte >= 0x20 else { throw fault() }
            index += 1
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") { try takeEscape() }
        }
        throw fault()
    }

    private mutating func takeEscape() throws(MalformedLine) {
        guard let byte = peek() else { throw fault() }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 1
        case UInt8(ascii: "u"):
            try takeCodeUnits()
        default:
            throw fault()
        }
    }

    /// `uXXXX` after a backslash, and `\uXXXX` after it where the first is half of a pair.
    private mutating func takeCodeUnits() throws(MalformedLine) {
        let unit = try takeCodeUnit()
        switch unit {
        case 0xD800...0xDBFF:
            guard peek() == UInt8(ascii: "\\") else { throw fault() }
            index += 1
            guard peek() == UInt8(ascii: "u") else { throw fault() }
            guard (0xDC00...0xDFFF).contains(try takeCodeUnit()) else { throw fault() }
        case 0xDC00...0xDFFF: throw fault()
        default: break
        }
    }

    private mutating func takeCodeUnit() throws(MalformedLine) -> Int {
        index += 1
        var unit = 0
        for _ in 0..<4 {
            guard let byte = peek() else { throw fault() }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | Int(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | Int(byte - UInt8(ascii: "A") + 10)
            default: throw fault()
            }
            index += 1
        }
        return unit
    }
}
