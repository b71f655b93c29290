internal import NIOConcurrencyHelpers

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Reads and extends the known_hosts files of a policy. Blocks on the file system: call it on a thread pool.
struct KnownHostsFile: Sendable {
    let policy: KnownHostsPolicy

    /// Two connections of this process must not append the same line at once.
    private static let appending = NIOLock()

    /// What the files say about the host.
    func lookUp(_ target: SSHTarget) throws(SSHError) -> KnownHosts {
        var result = KnownHosts()
        let hashed = HashedNameMatcher()
        for path in policy.files {
            let path = HomeDirectory.expand(path)
            do {
                guard let bytes = try LocalFile.contents(of: path, limit: 16 * 1024 * 1024) else { continue }
                result.add(
                    text: String(decoding: bytes, as: UTF8.self), file: path, host: target.keyName.host,
                    port: target.keyName.port, hashed: hashed)
            } catch {
                throw Self.unusable(path, "read", error, target: target)
            }
        }
        return result
    }

    /// Appends the key of a host that no file knows, and judges again: somebody else may have been faster.
    func remember(_ key: HostKey, of target: SSHTarget) throws(SSHError) -> KnownHosts.Verdict {
        Self.appending.lock()
        defer { Self.appending.unlock() }
        let verdict = try lookUp(target).verdict(on: key)
        guard verdict == .unknown else { return verdict }
        guard policy.isKept else { return .known }
        guard let first = policy.files.first else { return .unknown }
        let path = HomeDirectory.expand(first)
        do {
            try LocalFile.appendLine(
                "\(KnownHosts.name(host: target.keyName.host, port: target.keyName.port)) \(key.text)", to: path)
        } catch {
            throw Self.unusable(path, "extended", error, target: target)
        }
        return .known
    }

    private static func unusable(_ path: String, _ verb: String, _ error: FileFailure, target: SSHTarget) -> SSHError {
        SSHError(
            code: .knownHostsFile, stage: .hostKey, target: target.name,
            message: "\(path) could not be \(verb): \(error.description)",
            advice: "Host keys cannot be checked without it: make it readable, or name another file.")
    }
}
