import FleetSystem
import PlatformService

/// Changes a zone by its file, for servers that read it again when its serial has grown, as CoreDNS does.
struct ZoneFileWriter: DNSWriter {
    let client: DNSClient
    let path: String
    /// Seconds in which the server reads a changed file: CoreDNS's `reload`, with room.
    let patience: Double

    func put(_ name: DNSName, _ entries: [DNSEntry], all: [DNSName: [DNSEntry]]) async throws {
        let file: ZoneFile
        do { file = try ZoneFile(String(decoding: try AtomicFile.read(path), as: UTF8.self), path: path) } catch {
            throw PlatformError(.unavailable, "the zone file cannot be read: \(words(of: error))")
        }
        do {
            if let text = file.text(with: all) { try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644) }
        } catch {
            throw PlatformError(.unavailable, "the zone file cannot be written: \(error)")
        }
        var lastError: (any Error)?
        let says = await Waiting.until(within: .seconds(patience), every: .milliseconds(100)) {
            do { return try await client.says(entries, of: name) } catch {
                lastError = error
                return Task.isCancelled
            }
        }
        if let lastError, !says { throw lastError }
        guard says else {
            throw PlatformError(
                .unavailable,
                "the DNS server \(client.transport.server) has not read \(path) within \(patience) s of its change")
        }
    }
}
