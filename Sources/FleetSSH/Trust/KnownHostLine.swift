#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One line of a known_hosts file, as sshd(8) describes it under "SSH_KNOWN_HOSTS FILE FORMAT".
struct KnownHostLine: Hashable, Sendable {
    enum Names: Hashable, Sendable {
        /// Names and addresses with `*`, `?` and `!`.
        case patterns([String])
        /// One name, hidden: Base64 of salt and of HMAC-SHA1(salt, name).
        case hashed(salt: String, hash: String)
    }

    enum Marker: Hashable, Sendable {
        case none
        case revoked
        /// Certificates are not supported: such a line is read and never matches.
        case authority
    }

    let names: Names
    let marker: Marker
    let kind: String
    let blob: [UInt8]

    /// Reads a line; nil for comments, blank lines and lines that OpenSSH would not understand either.
    init?(_ line: some StringProtocol) {
        var fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })[...]
        guard let first = fields.first, !first.hasPrefix("#") else { return nil }
        switch first {
        case "@revoked": marker = .revoked
        case "@cert-authority": marker = .authority
        default: marker = .none
        }
        if marker != .none { fields = fields.dropFirst() }
        guard fields.count >= 3, let blob = Data(base64Encoded: String(fields[fields.startIndex + 2])) else {
            return nil
        }
        kind = String(fields[fields.startIndex + 1])
        self.blob = Array(blob)
        guard WireReader.firstString(of: self.blob) == kind else { return nil }
        let names = fields[fields.startIndex]
        if names.hasPrefix("|1|") {
            let parts = names.dropFirst(3).split(separator: "|")
            guard parts.count == 2 else { return nil }
            self.names = .hashed(salt: String(parts[0]), hash: String(parts[1]))
        } else {
            self.names = .patterns(names.split(separator: ",").map { $0.lowercased() })
        }
    }

    /// True when one pattern matches and no `!` pattern does.
    static func matches(_ name: String, patterns: [String]) -> Bool {
        var found = false
        for pattern in patterns {
            if pattern.hasPrefix("!") {
                if glob(Array(pattern.utf8.dropFirst())[...], Array(name.utf8)[...]) { return false }
            } else if glob(Array(pattern.utf8)[...], Array(name.utf8)[...]) {
                found = true
            }
        }
        return found
    }

    /// `*` is any number of characters, `?` is one. Remembers only the last `*`, so it never takes exponential time.
    private static func glob(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var pattern = pattern
        var name = name
        var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
        while let character = name.first {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, name)
            } else if pattern.first == UInt8(ascii: "?") || pattern.first == character {
                pattern = pattern.dropFirst()
                name = name.dropFirst()
            } else if let last = retry {
                retry = (last.pattern, last.name.dropFirst())
                pattern = last.pattern
                name = last.name.dropFirst()
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
