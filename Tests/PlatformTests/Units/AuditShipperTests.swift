import Crypto
import FleetSystem
import FleetTestSupport
import Foundation
import Hummingbird
import Logging
import Testing

@testable import PlatformService

/// What an Elasticsearch would hold, behind the two answers of `_bulk` that matter.
private actor Receiver {
    private(set) var documents: [String: JSON] = [:]
    private(set) var indices: Set<String> = []
    private(set) var deliveries = 0
    private var refusals: Int

    init(refusals: Int) { self.refusals = refusals }

    /// Takes a bulk request; false when it is refused as a full index would.
    func take(_ body: String) throws -> Bool {
        refusals -= 1
        guard refusals < 0 else { return false }
        let lines = try body.split(separator: "\n").map { try JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }
        for pair in stride(from: 0, to: lines.count, by: 2) {
            let target = lines[pair]["index"]
            documents[target["_id"].string ?? ""] = lines[pair + 1]
            indices.insert(target["_index"].string ?? "")
            deliveries += 1
        }
        return true
    }
}

struct AuditShipperTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func shipper(_ log: AuditLog, _ port: Int, _ directory: String, key: SymmetricKey? = nil) async throws
        -> AuditShipper
    {
        try await AuditShipper(
            log: log, client: ServiceClient("http://127.0.0.1:\(port)"), index: "audit", pseudonyms: key,
            cursor: "\(directory)/shipped", logger: logger)
    }

    private func record(_ numbers: Range<Int>, _ log: AuditLog) async throws {
        for number in numbers {
            var event = AuditEvent(action: "a\(number)", kind: .server, address: "10.1.2.3")
            event.user = "ada"
            try await log.record(event)
        }
    }

    /// Serves `_bulk` on that port while the body runs.
    private func serving(_ receiver: Receiver, port: Int, _ body: @escaping @Sendable () async throws -> Void)
        async throws
    {
        let router = Router()
        router.post("/_bulk") { request, _ in
            let buffer = try await request.body.collect(upTo: 1 << 22)
            let text = String(buffer: buffer)
            let isTaken = text.hasSuffix("\n") ? try await receiver.take(text) : false
            let answer =
                isTaken ? #"{"errors":false,"items":[]}"# : #"{"errors":true,"items":[{"index":{"status":429}}]}"#
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: answer)))
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await application.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// Whether everything in the log's first file is noted as shipped.
    private func isNoted(_ directory: String) throws -> Bool {
        let cursor = try JSONDecoder().decode(JSON.self, from: Data(try AtomicFile.read("\(directory)/shipped")))
        return try cursor["offset"].int == AtomicFile.read("\(directory)/audit/1.jsonl").count
    }

    @Test(.timeLimit(.minutes(1))) func nothingIsLostWhileTheServerIsDownAndNothingIsThereTwice() async throws {
        let directory = try TestService.temporaryDirectory("shipper")
        defer { _ = DirectoryTree.remove(directory) }
        let port = try TestService.freePort()
        let log = try AuditLog(directory: "\(directory)/audit", service: "test")
        try await record(0..<900, log)
        let first = try await shipper(log, port, directory)
        await #expect(throws: PlatformError.self) { try await first.shipBatch() }

        let receiver = Receiver(refusals: 1)
        try await serving(receiver, port: port) { [logger] in
            let running = Task { await first.run() }
            let hasAll = await Waiting.until(within: .seconds(20), every: .milliseconds(50)) {
                // A shipper that ends before it has noted what was taken rightly sends it again.
                (try? isNoted(directory)) == true
            }
            #expect(hasAll)
            #expect(await receiver.documents.count == 900)
            running.cancel()
            await running.value
            try await record(900..<950, log)
            // The next program goes on where the last one ended.
            let second = try await AuditShipper(
                log: log, client: ServiceClient("http://127.0.0.1:\(port)"), index: "audit", pseudonyms: nil,
                cursor: "\(directory)/shipped", logger: logger)
            while try await second.shipBatch() {}
        }
        let documents = await receiver.documents
        #expect(Set(documents.values.compactMap { $0["event"]["action"].string }) == Set((0..<950).map { "a\($0)" }))
        #expect(documents.count == 950)
        #expect(await receiver.deliveries == 950)
        #expect(await receiver.indices == ["audit-" + Timestamp.now().text.prefix(10).replacing("-", with: ".")])
    }

    @Test(.timeLimit(.minutes(1))) func peopleStayAtHome() async throws {
        let directory = try TestService.temporaryDirectory("shipper")
        defer { _ = DirectoryTree.remove(directory) }
        let port = try TestService.freePort()
        let log = try AuditLog(directory: "\(directory)/audit", service: "test")
        try await record(0..<1, log)
        let receiver = Receiver(refusals: 0)
        let shipper = try await shipper(log, port, directory, key: SymmetricKey(size: .bits256))
        try await serving(receiver, port: port) {
            let isShipped = await Waiting.until(within: .seconds(10), every: .milliseconds(50)) {
                (try? await shipper.shipBatch()) == true
            }
            #expect(isShipped)
        }
        let document = await receiver.documents.values.first ?? .null
        #expect(
            document["user"]["name"].string?.hasPrefix("user-") == true && document["source"]["ip"].string == "10.1.2.0"
        )
    }
}
