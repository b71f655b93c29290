/// The rule that names of servers, workspaces and infrastructures obey: that of a DNS label.
public let resourceNameRule = "names have 1 to 63 characters of a-z, 0-9 and -, and neither begin nor end with -"

/// True when the text is a name by that rule.
public func isResourceName(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
        return false
    }
    return bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
