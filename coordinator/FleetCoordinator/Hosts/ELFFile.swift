import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The dynamic section of a 64-bit little-endian ELF file: System V ABI, chapters 4 and 5; GNU symbol versions.
///
/// Whatever in the file makes no sense is left out; nothing in it can make us read outside of it.
struct ELFFile {
    /// The CPU, as `uname -m` names it; nil when it is another than we know.
    let machine: String?
    /// The shared libraries that it names (`DT_NEEDED`).
    private(set) var libraries: [String] = []
    /// The versions of symbols that it needs, such as `GLIBC_2.34`.
    private(set) var versions: [String] = []

    private struct Segment {
        var type: UInt64
        var offset: UInt64
        var address: UInt64
        var size: UInt64
    }

    /// Reads a file; nil when it is not a 64-bit little-endian ELF file.
    ///
    /// - Throws: `SystemCallError` when it cannot be read.
    init?(path: String) throws(SystemCallError) {
        let reader = try FileWindow(path: path)
        let header = reader.bytes(at: 0, count: 64)
        guard header.count == 64, Array(header[..<6]) == [0x7F, 0x45, 0x4C, 0x46, 2, 1] else { return nil }
        machine = [0x3E: "x86_64", 0xB7: "aarch64", 0xF3: "riscv64"][Int(header.number(at: 18, 2))]
        let (start, size, count) = (header.number(at: 32, 8), header.number(at: 54, 2), header.number(at: 56, 2))
        guard size >= 56, size <= 1024, count <= 1024 else { return }
        let segments = (0..<count).map { index in
            let entry = reader.bytes(at: start &+ index * size, count: 56)
            return Segment(
                type: entry.number(at: 0, 4), offset: entry.number(at: 8, 8), address: entry.number(at: 16, 8),
                size: entry.number(at: 32, 8))
        }
        readDynamic(segments, reader)
    }

    /// Kinds of segments and of entries of the dynamic section.
    private enum Kind {
        static let load: UInt64 = 1
        static let dynamic: UInt64 = 2
        static let needed: UInt64 = 1
        static let strings: UInt64 = 5
        static let stringsSize: UInt64 = 10
        static let versions: UInt64 = 0x6FFF_FFFE
        static let versionsCount: UInt64 = 0x6FFF_FFFF
    }

    private mutating func readDynamic(_ segments: [Segment], _ reader: FileWindow) {
        guard let dynamic = segments.first(where: { $0.type == Kind.dynamic }) else { return }
        let bytes = reader.bytes(at: dynamic.offset, count: Int(min(dynamic.size, 1 << 16)))
        var needed: [UInt64] = []
        var values: [UInt64: UInt64] = [:]
        for index in stride(from: 0, to: bytes.count - 15, by: 16) {
            let (tag, value) = (bytes.number(at: index, 8), bytes.number(at: index + 8, 8))
            if tag == 0 { break }
            if tag == Kind.needed { needed.append(value) } else { values[tag] = value }
        }
        func place(_ address: UInt64?) -> UInt64? {
            guard let address else { return nil }
            let home = segments.first {
                $0.type == Kind.load && $0.address <= address && address - $0.address < $0.size
            }
            return home.map { address - $0.address &+ $0.offset }
        }
        guard let strings = place(values[Kind.strings]) else { return }
        let table = reader.bytes(at: strings, count: Int(min(values[Kind.stringsSize] ?? 0, 1 << 20)))
        libraries = needed.compactMap { table.string(at: $0) }
        guard let start = place(values[Kind.versions]) else { return }
        readVersions(at: start, count: min(values[Kind.versionsCount] ?? 0, 256), table, reader)
    }

    private mutating func readVersions(at start: UInt64, count: UInt64, _ table: [UInt8], _ reader: FileWindow) {
        var place = start
        for _ in 0..<count {
            let need = reader.bytes(at: place, count: 16)
            var detail = place &+ need.number(at: 8, 4)
            for _ in 0..<need.number(at: 2, 2) {
                let entry = reader.bytes(at: detail, count: 16)
                if let name = table.string(at: entry.number(at: 8, 4)) { versions.append(name) }
                detail = detail &+ entry.number(at: 12, 4)
            }
            let next = need.number(at: 12, 4)
            if next == 0 { return }
            place = place &+ next
        }
    }
}

/// Pieces of a file; what lies behind its end is empty.
private final class FileWindow {
    private let descriptor: Int32

    init(path: String) throws(SystemCallError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
    }

    deinit { close(descriptor) }

    func bytes(at offset: UInt64, count: Int) -> [UInt8] {
        guard count > 0, let offset = off_t(exactly: offset) else { return [] }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = pread(descriptor, &buffer, count, offset)
        return Array(buffer.prefix(max(0, got)))
    }
}

extension [UInt8] {
    /// A little-endian number; 0 behind the end.
    fileprivate func number(at offset: Int, _ size: Int) -> UInt64 {
        guard offset >= 0, offset + size <= count else { return 0 }
        return self[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A text that ends with 0; nil outside of the table.
    fileprivate func string(at offset: UInt64) -> String? {
        guard offset < UInt64(count) else { return nil }
        return String(decoding: self[Int(offset)...].prefix { $0 != 0 }, as: UTF8.self)
    }
}
