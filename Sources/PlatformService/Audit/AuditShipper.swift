public import Crypto
import FleetSystem
public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Brings audit events to Elasticsearch, in order, each at least once; their ids make it exactly once there.
///
/// The log itself is the spool: what has been taken is noted in the file `shipped` beside it, after Elasticsearch has
/// taken it. While Elasticsearch is down nothing is lost, and it is asked again every second.
public actor AuditShipper {
    private let log: AuditLog
    private let client: ServiceClient
    private let index: String
    private let pseudonyms: SymmetricKey?
    private let cursor: String
    private let logger: Logger
    private var position: AuditLog.Position
    private var isComplaining = false

    /// A shipper of that log to that server, into the index `INDEX-YYYY.MM.DD` of each event's day.
    ///
    /// - Parameters:
    ///   - headers: For authentication.
    ///   - pseudonyms: With a key, users and addresses leave the house anonymised.
    ///   - cursor: File in which it notes how far it is.
    public init(
        log: AuditLog, client: ServiceClient, index: String, pseudonyms: SymmetricKey?, cursor: String, logger: Logger
    ) async throws {
        self.log = log
        self.client = client
        self.index = index
        self.pseudonyms = pseudonyms
        self.cursor = cursor
        self.logger = logger
        let noted = FileManager.default.contents(atPath: cursor)
        if let noted, let position = try? JSONDecoder().decode(AuditLog.Position.self, from: noted) {
            self.position = position
        } else {
            position = await log.beginning
        }
    }

    /// Runs the body while the shipper, if there is one, ships; what it has not shipped then, the next start ships.
    public static func running(
        _ shipper: AuditShipper?, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let shipper { group.addTask { await shipper.run() } }
            try await body()
            group.cancelAll()
        }
    }

    /// Ships until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            let next: Duration
            do {
                next = try await shipBatch() ? .zero : .milliseconds(200)
                if isComplaining { logger.info("audit events are shipped again") }
                isComplaining = false
            } catch {
                if !isComplaining { logger.warning("audit events wait", metadata: ["why": "\(words(of: error))"]) }
                isComplaining = true
                next = .seconds(1)
            }
            // Ends at once when the service stops.
            try? await Task.sleep(for: next)
        }
    }

    /// Ships the next events; false when there were none.
    func shipBatch() async throws -> Bool {
        guard let (lines, next) = try await log.batch(after: position) else { return false }
        var body = Data()
        for line in lines {
            let event = try JSONDecoder().decode(AuditEvent.self, from: line)
            let shown = pseudonyms.map { event.anonymised(key: $0) } ?? event
            let day = event.timestamp.text.prefix(10).replacing("-", with: ".")
            body += try AuditLog.encoder().encode(["index": ["_index": "\(index)-\(day)", "_id": event.id]])
            body.append(0x0a)
            body += try AuditLog.encoder().encode(shown)
            body.append(0x0a)
        }
        try await send(body)
        try AtomicFile.write(try JSONEncoder().encode(next), to: cursor)
        position = next
        return true
    }

    private func send(_ body: Data) async throws {
        let reply = try await client.send("POST", "/_bulk", body: body, contentType: "application/x-ndjson")
        guard reply.status == 200 else {
            throw PlatformError(.unavailable, "_bulk answered \(reply.status): \(reply.text.prefix(300))")
        }
        let result = try JSONDecoder().decode(BulkResult.self, from: reply.body)
        guard !result.errors else {
            let status = result.items.compactMap(\.index?.status).first { $0 >= 300 } ?? 0
            throw PlatformError(.unavailable, "_bulk did not take an event: status \(status)")
        }
    }
}

/// What `_bulk` answers, as far as we look.
private struct BulkResult: Decodable {
    struct Item: Decodable {
        struct Index: Decodable { let status: Int }
        let index: Index?
    }
    let errors: Bool
    let items: [Item]
}
