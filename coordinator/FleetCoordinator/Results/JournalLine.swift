import FleetProtocol
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How one record of the journal is written: a JSON object whose last field `sum` is the CRC-32 of all before it.
///
/// The sum tells a record that a crash or a disk has changed from one that is whole, also where it is still JSON.
enum JournalLine {
    /// Why a line is no record.
    enum Fault: Hashable {
        /// It does not end with a sum, or the sum is that of other bytes.
        case damaged
        /// It is whole, but no event that this program knows.
        case unknown
    }

    private static let label = Array(#","sum":""#.utf8)
    private static let end = Array(#""}"#.utf8)
    /// What follows the checked bytes: label, eight digits, end.
    private static let tailLength = label.count + 8 + end.count

    /// The record of an entry, with its line feed.
    static func encode(_ entry: JournalEntry) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return sealed(try encoder.encode(entry))
    }

    /// A JSON object as a record: with its sum and a line feed.
    static func sealed(_ object: some Collection<UInt8>) -> [UInt8] {
        // The brace that closes the object comes back behind the sum.
        var line = Array(object.dropLast())
        let sum = CRC32.checksum(line)
        line += label
        line += Hexadecimal.encode((0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }).utf8
        line += end
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// The entry of a line without its line feed, or why it is none.
    static func decode(
        _ line: ArraySlice<UInt8>, with decoder: JSONDecoder = JSONDecoder()
    ) -> Result<JournalEntry, DecodingFault> {
        let body = line.dropLast(tailLength)
        let tail = line.suffix(tailLength)
        guard body.count > 1, tail.starts(with: label), tail.suffix(end.count).elementsEqual(end),
            let digits = Hexadecimal.decode(String(decoding: tail.dropFirst(label.count).prefix(8), as: UTF8.self)),
            digits.reduce(UInt32(0), { $0 << 8 | UInt32($1) }) == CRC32.checksum(body)
        else { return .failure(DecodingFault(fault: .damaged)) }
        do {
            return .success(try decoder.decode(JournalEntry.self, from: Data(line)))
        } catch {
            return .failure(DecodingFault(fault: .unknown))
        }
    }

    /// A fault as an error.
    struct DecodingFault: Error, Hashable {
        var fault: Fault
    }
}
