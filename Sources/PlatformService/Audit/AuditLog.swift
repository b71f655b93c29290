import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The audit log of a service: events, one JSON document a line, in files of some megabytes that only grow.
///
/// An event is in the file when `record` returns, so that no kill of the process loses it. What a kill cut off in the
/// middle of a line is cut away at the next start. The files are also the spool for Elasticsearch.
public actor AuditLog {
    /// A place in the files.
    struct Position: Sendable, Codable, Hashable {
        var file: Int
        var offset: Int
    }

    /// Bytes after which the next file begins.
    private static let largest = 8 << 20

    private let directory: String
    private let service: String
    private var files: [Int]
    private var file: AppendFile

    /// Opens the log in that private directory, for the service of that name.
    public init(directory: String, service: String) throws {
        self.directory = directory
        self.service = service
        try PrivateDirectory.ensure(directory)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        files = names.filter { $0.hasSuffix(".jsonl") }.compactMap { Int($0.dropLast(6)) }.sorted()
        if files.isEmpty { files = [1] }
        file = try AppendFile(Self.path(directory, files[files.count - 1]))
    }

    /// Appends an event.
    public func record(_ event: AuditEvent) throws {
        var event = event
        event.service = service
        var line = try Self.encoder().encode(event)
        line.append(0x0a)
        if file.size + line.count > Self.largest {
            let next = files[files.count - 1] + 1
            file = try AppendFile(Self.path(directory, next))
            files.append(next)
        }
        try file.append(line)
    }

    /// The events that a query wants, the newest first.
    func events(_ query: AuditQuery) throws -> [AuditEvent] {
        var found: [AuditEvent] = []
        for file in files.reversed() where found.count < query.offset + query.limit {
            found += try events(in: file).reversed().filter(query.wants)
        }
        return Array(found.dropFirst(query.offset).prefix(query.limit))
    }

    /// Counts over all events that a query wants, whatever its limit.
    func statistics(_ query: AuditQuery) throws -> AuditStatistics {
        var statistics = AuditStatistics()
        for file in files { for event in try events(in: file) where query.wants(event) { statistics.count(event) } }
        return statistics
    }

    private func events(in file: Int) throws -> [AuditEvent] {
        let content = try AppendFile.read(Self.path(directory, file), from: 0, count: Self.largest)
        return content.split(separator: 0x0a).compactMap { try? JSONDecoder().decode(AuditEvent.self, from: Data($0)) }
    }

    /// The whole lines after a position, some hundred kilobytes at most, and the position after them; nil at the end.
    func batch(after position: Position) throws -> (lines: [Data], next: Position)? {
        var position = position
        while true {
            let path = Self.path(directory, position.file)
            let data = try AppendFile.read(path, from: position.offset, count: 256 << 10)
            if let end = data.lastIndex(of: 0x0a) {
                let whole = data[data.startIndex...end]
                position.offset += whole.count
                return (whole.split(separator: 0x0a).map { Data($0) }, position)
            }
            guard let next = files.first(where: { $0 > position.file }) else { return nil }
            position = Position(file: next, offset: 0)
        }
    }

    /// Where the first event is.
    var beginning: Position { Position(file: files[0], offset: 0) }

    /// JSON as the documents are written.
    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    private static func path(_ directory: String, _ file: Int) -> String { "\(directory)/\(file).jsonl" }
}
