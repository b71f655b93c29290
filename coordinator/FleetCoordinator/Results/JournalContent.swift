#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The bytes of a journal as entries, and what was wrong with them. Pure.
///
/// A coordinator that is killed leaves at most a torn end: whatever follows the last whole record was never acted upon,
/// because everything is written, and synced, before anybody is told. A damaged record before a whole one is something
/// else: somebody, or a disk, has changed what was safe.
struct JournalContent {
    /// The events of all whole records, in order.
    private(set) var entries: [JournalEntry] = []
    /// How many bytes the records up to the last whole one have.
    private(set) var wholeLength = 0
    /// How many bytes follow the last whole record; they say nothing.
    private(set) var tornLength = 0
    /// The damaged records before the last whole one.
    private(set) var damage: [InputError] = []

    /// Reads a journal.
    ///
    /// - Parameter file: the name that errors give.
    init(_ bytes: [UInt8], file: String) {
        var faults: [InputError] = []
        var (start, number) = (0, 0)
        let decoder = JSONDecoder()
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            switch JournalLine.decode(bytes[start..<end], with: decoder) {
            case .success(let entry):
                entries.append(entry)
                wholeLength = end + 1
                damage += faults
                faults = []
            case .failure(let failure):
                faults.append(Self.error(failure.fault, file: file, line: number))
            }
            start = end + 1
        }
        tornLength = bytes.count - wholeLength
    }

    private static func error(_ fault: JournalLine.Fault, file: String, line: Int) -> InputError {
        switch fault {
        case .damaged:
            InputError(
                file: file, line: line, message: "this record of the journal is damaged",
                advice: "what it said is lost; the records around it are whole")
        case .unknown:
            InputError(
                file: file, line: line, message: "this record is no event that this coordinator knows",
                advice: "use the coordinator that wrote it")
        }
    }

    /// Reads the journal at a path.
    ///
    /// - Throws: `InputErrors` when there is none.
    static func read(_ path: String) throws(InputErrors) -> JournalContent {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw InputErrors([InputError(file: path, message: "the journal cannot be read", advice: "name a run")])
        }
        return JournalContent(Array(data), file: path)
    }

    /// Refuses a journal that was damaged before its end.
    func whole() throws(InputErrors) -> JournalContent {
        guard damage.isEmpty else { throw InputErrors(damage) }
        return self
    }
}
