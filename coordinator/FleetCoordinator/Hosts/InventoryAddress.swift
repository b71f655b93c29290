#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is wrong with a word of hosts.txt.
struct InventoryFault: Error {
    /// What is wrong.
    var message: String
    /// What to do.
    var advice: String
    /// Where in the word, in Unicode scalars from 0.
    var offset = 0
}

/// Reads the first word of a line: `[user@]host[:port]`, `[user@][v6addr]:port`, `orb:MACHINE` or
/// `local`.
enum InventoryAddress {
    private static let shapes = "write [user@]host[:port], [user@][v6addr]:port, orb:MACHINE or local"

    /// The connection that a word means.
    static func parse(_ word: Substring) throws(InventoryFault) -> HostSpecification.Connection {
        if word == "local" { return .local }
        if word.hasPrefix("orb:") { return .orb(machine: try machine(word.dropFirst(4))) }
        let at = word.lastIndex(of: "@")
        let user = try at.map { at throws(InventoryFault) in try self.user(word[..<at]) }
        let rest = at.map { word[word.index(after: $0)...] } ?? word
        let (host, port) = rest.hasPrefix("[") ? try splitBracketed(rest) : try split(rest)
        return .ssh(user: user, host: host, port: port)
    }

    private static func machine(_ text: Substring) throws(InventoryFault) -> String {
        let isGood = text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        guard isGood, (1...63).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-") else {
            throw InventoryFault(
                message: "\(InputError.quote(text)) is not the name of a machine",
                advice: "write letters, digits, - and _, such as orb:provisioning", offset: 4)
        }
        return String(text)
    }

    private static func user(_ text: Substring) throws(InventoryFault) -> String {
        let isGood = text.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || "._-@+\\".utf8.contains(byte)
        }
        guard isGood, !text.isEmpty, text.utf8.count <= 256, text.utf8.first != UInt8(ascii: "-") else {
            throw InventoryFault(message: "\(InputError.quote(text)) is not a user's name", advice: shapes)
        }
        return String(text)
    }

    private static func split(_ text: Substring) throws(InventoryFault) -> (String, Int?) {
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        guard colons <= 1 else {
            let message = "\(InputError.quote(text)) has several colons"
            throw InventoryFault(message: message, advice: "write an IPv6 address in brackets: [2001:db8::7]:22")
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let port = parts.count == 2 ? try self.port(parts[1]) : nil
        return (try name(parts[0]), port)
    }

    private static func splitBracketed(_ text: Substring) throws(InventoryFault) -> (String, Int?) {
        guard let end = text.firstIndex(of: "]") else {
            throw InventoryFault(message: "\(InputError.quote(text)) has no closing bracket", advice: shapes)
        }
        let address = text[text.index(after: text.startIndex)..<end]
        var binary = in6_addr()
        // A zone, as in fe80::1%eth0, is for the resolver to judge.
        let digits = address.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = digits.first, inet_pton(AF_INET6, String(first), &binary) == 1, digits.last?.isEmpty == false
        else {
            throw InventoryFault(message: "\(InputError.quote(address)) is not an IPv6 address", advice: shapes)
        }
        let rest = text[text.index(after: end)...]
        if rest.isEmpty { return (String(address), nil) }
        guard rest.hasPrefix(":") else {
            throw InventoryFault(message: "\(InputError.quote(rest)) follows the bracket", advice: shapes)
        }
        return (String(address), try port(rest.dropFirst()))
    }

    private static func port(_ text: Substring) throws(InventoryFault) -> Int {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = Int(text), (1...65535).contains(port)
        else {
            let message = "\(InputError.quote(text)) is not a port"
            throw InventoryFault(message: message, advice: "write a number from 1 to 65535 after the colon")
        }
        return port
    }

    private static func name(_ text: Substring) throws(InventoryFault) -> String {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // A name may end with a dot; an underscore is no letter of DNS, but names of machines have it.
        let checked = labels.count > 1 && labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        let isGood = checked.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.first != UInt8(ascii: "-")
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        guard isGood, text.utf8.count <= 253 else {
            throw InventoryFault(message: "\(InputError.quote(text)) is not the name of a host", advice: shapes)
        }
        return String(text)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
