import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads a key file as `keymgr -t NAME hmac-sha256` prints it: lines `id:`, `algorithm:` and `secret:`.
enum DNSKeyFile {
    /// The key in the file. Throws with the file's path, and never with what is in it.
    static func read(_ path: String) throws -> TSIG {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw PlatformError(.failed, "the DNS key file \(path) cannot be read; give one that `keymgr -t` made")
        }
        return try key(in: String(decoding: data, as: UTF8.self), path: path)
    }

    /// The key in the text of a key file.
    static func key(in text: String, path: String) throws -> TSIG {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].filter { $0 != "-" && $0 != " " && $0 != "\t" }
            values[String(key)] = String(parts[1].filter { $0 != " " && $0 != "\t" && $0 != "\"" })
        }
        guard let algorithm = values["algorithm"], algorithm == "hmac-sha256" else {
            throw PlatformError(.invalid, "the DNS key file \(path) holds no key for hmac-sha256")
        }
        guard let name = values["id"] ?? values["name"], let secret = Data(base64Encoded: values["secret"] ?? ""),
            !secret.isEmpty
        else {
            throw PlatformError(.invalid, "the DNS key file \(path) needs lines with id: and secret: (base64)")
        }
        return TSIG(name: try DNSName(name), secret: Array(secret))
    }
}
