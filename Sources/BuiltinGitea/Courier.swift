import AsyncHTTPClient
import BuiltinSupport
import Logging
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Carries events to webhooks, off the path of the requests that caused them.
final class Courier: Sendable {
    private struct Parcel: Sendable {
        let ledger: StateFile<Ledger>
        let uuid: String
    }

    /// How often a hook that does not answer, or answers with a fault of its own, is tried.
    private static let mostAttempts = 5
    private let logger: Logger
    private let parcels: AsyncStream<Parcel>
    private let door: AsyncStream<Parcel>.Continuation

    init(logger: Logger) {
        self.logger = logger
        (parcels, door) = AsyncStream.makeStream()
    }

    /// Takes a delivery that stands in a ledger.
    func take(_ uuid: String, of ledger: StateFile<Ledger>) { door.yield(Parcel(ledger: ledger, uuid: uuid)) }

    /// Carries until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await parcel in parcels { group.addTask { await self.carry(parcel) } }
            group.cancelAll()
        }
    }

    private func carry(_ parcel: Parcel) async {
        var wait = Duration.milliseconds(250)
        for attempt in 1...Self.mostAttempts {
            let (delivery, hook) = parcel.ledger.read { ledger in
                let delivery = ledger.deliveries.first { $0.uuid == parcel.uuid }
                return (delivery, delivery.flatMap { ledger.hooks[$0.hook] })
            }
            guard let delivery, let hook, delivery.state == .pending else { return }
            let (status, problem) = await send(delivery, to: hook)
            if Task.isCancelled { return }
            let isDelivered = status.map { (200..<300).contains($0) } ?? false
            // A fault of the receiver may pass; what it refuses, it will refuse again.
            let isFinal = isDelivered || attempt == Self.mostAttempts || status.map { $0 < 500 } ?? false
            note(parcel) { delivery in
                delivery.attempts += 1
                delivery.status = status
                delivery.problem = problem
                if isFinal { delivery.state = isDelivered ? .delivered : .failed }
            }
            if isFinal { return }
            // Between attempts nothing happens that could be awaited; four waits of at most 16 s.
            try? await Task.sleep(for: wait)
            wait *= 4
        }
    }

    private func note(_ parcel: Parcel, _ change: (inout Delivery) -> Void) {
        do {
            try parcel.ledger.update { ledger in
                guard let index = ledger.deliveries.firstIndex(where: { $0.uuid == parcel.uuid }) else { return }
                change(&ledger.deliveries[index])
            }
        } catch { logger.error("a delivery cannot be noted", metadata: ["error": "\(error)"]) }
    }

    private func send(_ delivery: Delivery, to hook: Hook) async -> (status: Int?, problem: String?) {
        var request = HTTPClientRequest(url: hook.url)
        request.method = .POST
        let isForm = hook.contentType == "form"
        let type = isForm ? "application/x-www-form-urlencoded" : "application/json"
        let signature = hook.secret.isEmpty ? "" : Secret.signature(of: Data(delivery.payload.utf8), key: hook.secret)
        request.headers.add(contentsOf: [
            ("Content-Type", type), ("X-Gitea-Delivery", delivery.uuid), ("X-Gitea-Event", delivery.event),
            ("X-Gitea-Event-Type", delivery.event), ("X-Gitea-Signature", signature),
            ("X-Gogs-Delivery", delivery.uuid), ("X-Gogs-Event", delivery.event),
            ("X-Gogs-Event-Type", delivery.event), ("X-Gogs-Signature", signature),
            ("X-Hub-Signature-256", "sha256=\(signature)"), ("X-GitHub-Delivery", delivery.uuid),
            ("X-GitHub-Event", delivery.event),
        ])
        if !hook.authorization.isEmpty { request.headers.add(name: "Authorization", value: hook.authorization) }
        let body = isForm ? "payload=\(URLText.encoded(delivery.payload))" : delivery.payload
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await Upstream.client.execute(request, timeout: .seconds(5))
            // The answer's words do not matter; a long one is not read to its end.
            _ = try? await response.body.collect(upTo: 64 << 10)
            return (Int(response.status.code), nil)
        } catch {
            return (nil, "\(error)")
        }
    }
}
