import FleetSystem
import PlatformService

/// One line of a record log: `SUM GROUP KEY VALUE`, with a line feed.
///
/// SUM is the CRC-32 of all that follows it, in eight hexadecimal digits; lines that were written together have one GROUP;
/// without a VALUE the key is removed. No key has a space in it, and no value a line feed.
struct RecordLine: Hashable {
    let group: Int
    let key: String
    /// Nil: the key is removed.
    let value: [UInt8]?

    private static let space = UInt8(ascii: " ")
    private static let lineFeed = UInt8(ascii: "\n")

    init(group: Int, key: String, value: [UInt8]?) {
        self.group = group
        self.key = key
        self.value = value
    }

    /// The line in these bytes, which come without their line feed; nil when they are not whole.
    init?(_ bytes: ArraySlice<UInt8>) {
        let body = bytes.dropFirst(9)
        guard bytes.count > 9, bytes[bytes.startIndex + 8] == Self.space,
            let sum = UInt32(String(decoding: bytes.prefix(8), as: UTF8.self), radix: 16), sum == CRC32.checksum(body)
        else { return nil }
        let parts = body.split(separator: Self.space, maxSplits: 2)
        guard parts.count >= 2, let group = Int(String(decoding: parts[0], as: UTF8.self)) else { return nil }
        self.init(
            group: group, key: String(decoding: parts[1], as: UTF8.self), value: parts.count > 2 ? Array(parts[2]) : nil
        )
    }

    /// The line with its sum and its line feed.
    var bytes: [UInt8] {
        var body = Array("\(group) \(key)".utf8)
        if let value { body += [Self.space] + value }
        let digits = String(CRC32.checksum(body), radix: 16)
        var line = Array((String(repeating: "0", count: 8 - digits.count) + digits + " ").utf8)
        line.reserveCapacity(line.count + body.count + 1)
        line += body
        line.append(Self.lineFeed)
        return line
    }
}
