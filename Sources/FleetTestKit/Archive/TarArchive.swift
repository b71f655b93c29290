/// A file of an archive.
public struct ArchiveFile: Hashable, Sendable {
    /// The path inside the archive; at most 100 bytes.
    public var path: String
    /// The content.
    public var content: [UInt8]
    /// The permission bits.
    public var mode: Int

    /// A file from bytes.
    public init(path: String, content: [UInt8], mode: Int = 0o644) {
        self.path = path
        self.content = content
        self.mode = mode
    }

    /// A program.
    public static func program(_ path: String, _ text: String) -> ArchiveFile {
        ArchiveFile(path: path, content: Array(text.utf8), mode: 0o755)
    }
}

/// Writes `tar+gzip` archives: the same files always give the same bytes, and so the same digest.
///
/// Made here rather than by the host's `tar`, which would put owners, times and its own version into the digest.
public enum TarArchive {
    /// The archive of some files, in the POSIX `ustar` format, wrapped in gzip without compression.
    public static func gzipped(_ files: [ArchiveFile]) -> [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            bytes += header(of: file)
            bytes += file.content
            bytes += [UInt8](repeating: 0, count: (512 - file.content.count % 512) % 512)
        }
        bytes += [UInt8](repeating: 0, count: 1024)
        return Gzip.stored(bytes)
    }

    private static func header(of file: ArchiveFile) -> [UInt8] {
        precondition(file.path.utf8.count <= 100, "a path in a test archive has at most 100 bytes: \(file.path)")
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(file.path, at: 0)
        put(octal(file.mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(file.content.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6), at: 148)
        header[154] = 0
        return header
    }
}

/// The gzip format (RFC 1952) with stored blocks: no compression, any decompressor reads it.
enum Gzip {
    /// Wraps bytes.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            result.append(rest.isEmpty ? 1 : 0)
            result += littleEndian(UInt32(length), 2) + littleEndian(UInt32(~length), 2)
            result += block
        } while !rest.isEmpty
        return result + littleEndian(checksum(bytes), 4) + littleEndian(UInt32(truncatingIfNeeded: bytes.count), 4)
    }

    private static func littleEndian(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }

    /// CRC-32 as gzip wants it.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
    }
}
