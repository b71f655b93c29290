/// Makes the headers of a tar file in the form ustar, the same bytes for the same files on every machine.
///
/// Owner, group and times are fixed; names that ustar cannot hold get an extended header of POSIX 2001.
enum TarWriter {
    /// The size of a block.
    static let blockSize = 512
    /// The time of every file: 1980-01-01, the first that no unpacker finds implausible.
    private static let time = 315_532_800

    /// The header of a plain file.
    ///
    /// - Parameters:
    ///   - path: Relative, with `/` between components.
    ///   - mode: Permission bits.
    ///   - size: The size in bytes, less than 8 GiB.
    static func header(path: String, mode: UInt32, size: Int) -> [UInt8] {
        if let (prefix, name) = split(path) {
            return block(name: name, prefix: prefix, mode: mode, size: size, type: "0")
        }
        let record = paxRecord("path", path)
        let name = Array("@long-path".utf8)
        return block(name: name, prefix: [], mode: 0o644, size: record.count, type: "x") + record
            + padding(after: record.count) + block(name: name, prefix: [], mode: mode, size: size, type: "0")
    }

    /// The zeros that fill up the last block of a file.
    static func padding(after size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockSize - size % blockSize) % blockSize)
    }

    /// What ends a tar file.
    static var end: [UInt8] { [UInt8](repeating: 0, count: 2 * blockSize) }

    /// Prefix and name of a path, where ustar can hold it: 155 and 100 bytes, divided at a slash.
    private static func split(_ path: String) -> (prefix: [UInt8], name: [UInt8])? {
        let bytes = Array(path.utf8)
        if bytes.count <= 100 { return ([], bytes) }
        guard bytes.count <= 256 else { return nil }
        // The leftmost slash that leaves at most 100 bytes, not counting the slash itself.
        guard let slash = bytes[(bytes.count - 101)...].firstIndex(of: UInt8(ascii: "/")), (1...155).contains(slash)
        else { return nil }
        return (Array(bytes[..<slash]), Array(bytes[(slash + 1)...]))
    }

    /// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
    private static func paxRecord(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while "\(length)".utf8.count + rest.utf8.count != length { length = "\(length)".utf8.count + rest.utf8.count }
        return Array("\(length)\(rest)".utf8)
    }

    private static func block(name: [UInt8], prefix: [UInt8], mode: UInt32, size: Int, type: Unicode.Scalar) -> [UInt8]
    {
        var block = [UInt8](repeating: 0, count: blockSize)
        func put(_ bytes: [UInt8], at offset: Int) { block.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        func octal(_ value: Int, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(name, at: 0)
        put(octal(Int(mode), 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(time, 11), at: 136)
        // The checksum is taken with blanks in its own place.
        put(Array("        ".utf8), at: 148)
        put([UInt8(ascii: type)], at: 156)
        put(Array("ustar".utf8) + [0] + Array("00".utf8), at: 257)
        put(prefix, at: 345)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, UInt8(ascii: " ")], at: 148)
        return block
    }
}
