import FleetSystem
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A record log whose values are of one type, as JSON.
struct RecordTable<Value: Codable & Sendable & SendableMetatype>: Sendable {
    private let log: RecordLog

    /// Opens the table of that file; returns it with what it holds. Throws when a value cannot be read.
    static func open(_ path: String) throws -> (table: RecordTable, values: [String: Value]) {
        let (log, stored) = try RecordLog.open(path)
        do {
            let decoder = JSONDecoder()
            return (RecordTable(log: log), try stored.mapValues { try decoder.decode(Value.self, from: Data($0)) })
        } catch {
            // Nothing was written, so there is nothing to wait for.
            Task { await log.close() }
            throw PlatformError(.failed, "\(path) holds a record that this version does not know: \(error)")
        }
    }

    /// Makes a value durable. Throws when the disk refuses.
    func write(_ value: Value, for key: String) async throws(PlatformError) {
        try await log.write([Self.change(key, value)])
    }

    /// Makes values durable, and removes those that are nil, however long that takes.
    func keep(_ values: [(key: String, value: Value?)]) -> OneShot<RecordLog.Outcome> {
        log.keep(values.map { Self.change($0.key, $0.value) })
    }

    /// See `RecordLog.problem`.
    var problem: String? { log.problem }

    /// See `RecordLog.close`.
    func close() async { await log.close() }

    private static func change(_ key: String, _ value: Value?) -> RecordLog.Change {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Our own records are strings, numbers and dates in range, which JSON can say.
        return RecordLog.Change(key: key, value: value.flatMap { try? Array(encoder.encode($0)) })
    }
}
