#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The public key that a server showed.
struct HostKey: Hashable, Sendable {
    /// The key as SSH sends it.
    let blob: [UInt8]
    private let sha256: [UInt8]

    init(blob: [UInt8], sha256: [UInt8]) {
        self.blob = blob
        self.sha256 = sha256
    }

    /// The kind of key, for example `ssh-ed25519`: the first string of the blob.
    var kind: String { WireReader.firstString(of: blob) ?? "unknown" }

    /// As OpenSSH shows it: `SHA256:` and Base64 without padding.
    var fingerprint: String {
        "SHA256:" + Data(sha256).base64EncodedString().prefix { $0 != "=" }
    }

    /// Kind and key as known_hosts holds them.
    var text: String { "\(kind) \(Data(blob).base64EncodedString())" }
}

/// Reads the strings of SSH's wire format.
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

    static func firstString(of blob: [UInt8]) -> String? {
        var reader = WireReader(blob)
        return reader.string().map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func number() -> Int? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func string() -> [UInt8]? {
        guard let length = number(), rest.count >= length else { return nil }
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }

    /// Takes so many bytes.
    mutating func take(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// Takes these bytes if they come next.
    mutating func skip(_ expected: [UInt8]) -> Bool {
        guard rest.starts(with: expected) else { return false }
        rest = rest.dropFirst(expected.count)
        return true
    }
}
