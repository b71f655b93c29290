import CCurl
import FleetSystem

/// One libcurl multi handle and the one thread that may touch it.
final class CurlEngine: Sendable {
    private struct Inbox {
        var arrivals: [CurlTransfer] = []
        var cancelled: [CurlTransfer] = []
        var isStopping = false
        // Nil as soon as the thread has ended: then nobody may be woken.
        var multi: UnsafeMutableRawPointer?
    }

    private let inbox = Locked(Inbox())
    private static let isInitialized = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    init(idleConnections: Int) {
        precondition(CurlEngine.isInitialized, "libcurl cannot be initialized")
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl gives us no handle") }
        _ = fleet_curl_set_multi_long(multi, CURLMOPT_MAXCONNECTS, idleConnections)
        inbox.withLock { $0.multi = multi }
        // The thread holds the engine until `stop`, which its client calls when it is let go.
        DedicatedThread.start { [self] in loop() }
    }

    func submit(_ transfer: CurlTransfer) {
        let isAccepted = inbox.withLock { inbox in
            guard !inbox.isStopping, let multi = inbox.multi else { return false }
            inbox.arrivals.append(transfer)
            curl_multi_wakeup(multi)
            return true
        }
        if !isAccepted { transfer.fail(.cancelled, "the client was stopped") }
    }

    func cancel(_ transfer: CurlTransfer) {
        inbox.withLock { inbox in
            guard let multi = inbox.multi else { return }
            inbox.cancelled.append(transfer)
            curl_multi_wakeup(multi)
        }
    }

    func stop() {
        inbox.withLock { inbox in
            inbox.isStopping = true
            if let multi = inbox.multi { curl_multi_wakeup(multi) }
        }
    }

    private func loop() {
        guard let multi = inbox.withLock({ $0.multi }) else { return }
        var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]
        while takeInbox(multi, &running) {
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            var result = CURLE_OK
            while let easy = fleet_curl_next_ended(multi, &result) {
                curl_multi_remove_handle(multi, easy)
                running.removeValue(forKey: easy)?.finish(easy, result)
            }
            // Woken by traffic, by libcurl's own timers or by us; the limit is only a safety net.
            curl_multi_poll(multi, nil, 0, 10_000, nil)
        }
        for (easy, transfer) in running {
            curl_multi_remove_handle(multi, easy)
            transfer.abandon(easy, "the client was stopped")
        }
        inbox.withLock { $0.multi = nil }
        curl_multi_cleanup(multi)
    }

    // Begins and ends what was asked for; false when it is time to stop.
    private func takeInbox(
        _ multi: UnsafeMutableRawPointer, _ running: inout [UnsafeMutableRawPointer: CurlTransfer]
    ) -> Bool {
        let (arrivals, cancelled, isStopping) = inbox.withLock { inbox in
            defer { (inbox.arrivals, inbox.cancelled) = ([], []) }
            return (inbox.arrivals, inbox.cancelled, inbox.isStopping)
        }
        for transfer in arrivals {
            // The order to cancel may come first.
            if transfer.isDone { continue }
            guard let easy = transfer.makeHandle() else { continue }
            guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
                transfer.abandon(easy, "libcurl did not take the request")
                continue
            }
            running[easy] = transfer
        }
        for transfer in cancelled {
            transfer.fail(.cancelled, "the request was cancelled")
            guard let entry = running.first(where: { $0.value === transfer }) else { continue }
            running[entry.key] = nil
            curl_multi_remove_handle(multi, entry.key)
            transfer.abandon(entry.key, "the request was cancelled")
        }
        return !isStopping
    }
}
