import PlatformService

/// What the bytes of a record log say.
///
/// A kill or a power cut can leave a torn end: lines of the last group, whose writing nobody was told the end of. What
/// follows the first broken line there is dropped. A broken line with whole lines of a later group behind it was
/// synced once and has changed since: that is damage, which nobody should go on with unnoticed.
struct RecordLogContent {
    /// The newest value of each key.
    private(set) var values: [String: [UInt8]] = [:]
    /// Bytes that each key's newest line has.
    private(set) var sizes: [String: Int] = [:]
    /// Bytes up to and with the last line that counts.
    private(set) var length = 0
    /// The number of the last group.
    private(set) var lastGroup = 0

    /// Reads a log. Throws with the number of the line when it is damaged.
    init(_ bytes: [UInt8], path: String) throws(PlatformError) {
        var position = 0
        var number = 0
        while let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            guard let line = RecordLine(bytes[position..<end]) else {
                guard !Self.isDamaged(bytes[(end + 1)...], after: lastGroup) else {
                    throw PlatformError(
                        .failed, "\(path):\(number): the record is damaged, and whole ones follow it; restore a backup")
                }
                break
            }
            values[line.key] = line.value
            sizes[line.key] = line.value == nil ? nil : end + 1 - position
            lastGroup = line.group
            position = end + 1
        }
        length = position
    }

    /// True when a whole line in there belongs to a group that began after the torn one had been synced.
    private static func isDamaged(_ rest: ArraySlice<UInt8>, after group: Int) -> Bool {
        rest.split(separator: UInt8(ascii: "\n")).contains { bytes in
            RecordLine(bytes).map { $0.group > group + 1 } ?? false
        }
    }
}
