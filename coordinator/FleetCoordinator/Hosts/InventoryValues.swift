/// Reads the values of keys that are more than a word of a list.
enum InventoryValues {
    /// Words such as `fast,arm`.
    static func labels(_ value: Substring) throws(InventoryFault) -> [String] {
        var labels: [String] = []
        for word in value.split(separator: ",", omittingEmptySubsequences: false) {
            let isGood = word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isGood, (1...64).contains(word.utf8.count) else {
                let message = "labels cannot contain \(InputError.quote(word))"
                throw InventoryFault(
                    message: message, advice: "write letters, digits, `.`, `_`, `-`, with commas between")
            }
            labels.append(String(word))
        }
        return labels
    }

    /// A name or an address, without user and port.
    static func address(_ value: Substring) throws(InventoryFault) -> String {
        let isGood = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"):
                true
            default: false
            }
        }
        // One colon would be a port; an IPv6 address has more.
        let colons = value.utf8.count { $0 == UInt8(ascii: ":") }
        guard isGood, colons != 1, (1...253).contains(value.utf8.count), !value.hasPrefix("-") else {
            let message = "address cannot be \(InputError.quote(value))"
            throw InventoryFault(message: message, advice: "write the name or address by which other hosts reach it")
        }
        return String(value)
    }

    /// A number above 0, at most 1000.
    static func speed(_ value: Substring) throws(InventoryFault) -> Double {
        let isPlain = value.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }
        guard isPlain, let speed = Double(value), speed > 0, speed <= 1000 else {
            let message = "speed cannot be \(InputError.quote(value))"
            throw InventoryFault(message: message, advice: "write a number above 0, such as 1.5; usual is 1")
        }
        return speed
    }

    /// The least that an agent with one test needs to do anything, in bytes.
    static let leastMemory = 64 << 20

    /// A size such as `8G`, `512M`: powers of 1024.
    static func memory(_ value: Substring) throws(InventoryFault) -> Int {
        let units: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
        let advice = "write a size of 64M or more, such as 8G or 512M"
        let fault = InventoryFault(message: "memory cannot be \(InputError.quote(value))", advice: advice)
        guard let last = value.last, let shift = units[Character(last.uppercased())] else { throw fault }
        let digits = value.dropLast()
        guard !digits.isEmpty, digits.count <= 7, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let number = Int(digits), number << shift >= leastMemory
        else { throw fault }
        return number << shift
    }

    /// From 0, no yielding, to 19.
    static func niceness(_ value: Substring) throws(InventoryFault) -> Int {
        guard value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(value), (0...19).contains(number)
        else {
            let message = "nice cannot be \(InputError.quote(value))"
            throw InventoryFault(message: message, advice: "write a whole number from 0 to 19: 19 yields most")
        }
        return number
    }
}
