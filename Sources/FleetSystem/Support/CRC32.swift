/// The cyclic redundancy check of IEEE 802.3, as gzip uses it.
public enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    /// The sum of some bytes.
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { sum(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { sum($0) }
    }

    // Not generic: through a sequence's witnesses each byte costs six times as much.
    private static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            ~bytes.reduce(~UInt32(0)) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
        }
    }
}
