#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Results, for the script that runs us.
enum JSON {
    static func print(_ figures: some Encodable) throws {
        let data = try JSONEncoder().encode(figures)
        Swift.print(String(decoding: data, as: UTF8.self))
    }
}

extension Duration {
    /// The whole of it in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
