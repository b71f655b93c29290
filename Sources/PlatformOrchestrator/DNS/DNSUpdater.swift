import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Changes a zone by signed updates (RFC 2136), and asks the server whether it took them.
struct DNSUpdater: DNSWriter {
    let client: DNSClient
    let key: TSIG

    func put(_ name: DNSName, _ entries: [DNSEntry], all: [DNSName: [DNSEntry]]) async throws {
        try await update([.deletion(of: name, type: DNSType.any)] + entries.map { $0.record(of: name) })
        guard try await client.says(entries, of: name) else {
            throw PlatformError(
                .unavailable,
                "the DNS server \(client.transport.server) took the update of \(name), but does not say so")
        }
    }

    private func update(_ changes: [DNSRecord]) async throws {
        let message = DNSMessage.update(id: .random(in: 0...UInt16.max), zone: client.zone, changes: changes)
        let signed = key.sign(message, time: Self.seconds())
        let bytes = try await client.transport.exchange(signed.bytes)
        let code = try DNSReader.message(bytes).responseCode
        guard code == DNSResponseCode.noError else {
            // A server that fails may work again; one that refuses wants another key or another zone.
            throw PlatformError(
                code == DNSResponseCode.serverFailure ? .unavailable : .failed,
                "the DNS server \(client.transport.server) refuses to change \(client.zone): "
                    + "\(DNSResponseCode.name(code)); check that the key \(key.name) may update the zone")
        }
        try key.verify(bytes, requestMAC: signed.mac, time: Self.seconds())
    }

    private static func seconds() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }
}
