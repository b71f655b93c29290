#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `agent serve` prints in place of its `ready` line when somebody has sent the run away from this host.
struct EvictedLine: Encodable {
    var type = "evicted"
    var by: String

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? #"{"type":"evicted"}"#
    }
}
