#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A private key, read from its file and found usable. Its text never reaches a description or a log.
final class PrivateKey: Sendable, CustomStringConvertible {
    let path: String
    private let text: [CChar]

    private init(path: String, text: [CChar]) {
        self.path = path
        self.text = text
    }

    var description: String { path }

    /// Lends the key as a C string.
    func withText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        text.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a key's text ends with a zero byte") }
            return body(start)
        }
    }

    /// Reads a key file. Blocks on the file system.
    static func read(_ file: String, target: SSHTarget) throws(SSHError) -> PrivateKey {
        let path = HomeDirectory.expand(file)
        func unusable(_ message: String, _ advice: String) -> SSHError {
            SSHError(
                code: .keyFile, stage: .login, target: target.name, message: "the key \(path) \(message)",
                advice: advice)
        }
        let bytes: [UInt8]
        do {
            guard let found = try LocalFile.contents(of: path, limit: 64 * 1024) else {
                throw unusable(
                    "does not exist", "Make one with `ssh-keygen -t ed25519 -f \(path)`, or name another one.")
            }
            bytes = found
            let mode = try LocalFile.mode(of: path)
            if mode & 0o077 != 0 {
                throw unusable("can be read by others (mode \(String(mode, radix: 8)))", "Run `chmod 600 \(path)`.")
            }
        } catch let error as FileFailure {
            throw unusable("cannot be read: \(error.description)", "Make it readable, or name another one.")
        } catch let error as SSHError {
            throw error
        } catch {
            throw unusable("cannot be read: \(error)", "Make it readable, or name another one.")
        }
        if let problem = KeyText(bytes).problem(acceptsRSA: SSHLibrary.signsRSA) {
            throw unusable(problem.message, problem.advice.replacing("PATH", with: path))
        }
        return PrivateKey(path: path, text: bytes.map { CChar(bitPattern: $0) } + [0])
    }

    /// The keys to try: the named ones, each of which must be usable; or the usual ones that are.
    static func load(for target: SSHTarget) throws(SSHError) -> [PrivateKey] {
        if !target.identityFiles.isEmpty {
            var keys: [PrivateKey] = []
            for file in target.identityFiles { keys.append(try read(file, target: target)) }
            return keys
        }
        var keys: [PrivateKey] = []
        var reasons: [String] = []
        for file in ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa"] {
            do { keys.append(try read(file, target: target)) } catch { reasons.append(error.message) }
        }
        guard keys.isEmpty else { return keys }
        throw SSHError(
            code: .keyFile, stage: .login, target: target.name, message: reasons.joined(separator: "; "),
            advice: "Make a key with `ssh-keygen -t ed25519`, or name one with identity=PATH.")
    }
}

/// Looks at the text of a key file and says why it cannot be used.
struct KeyText {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func problem(acceptsRSA: Bool) -> (message: String, advice: String)? {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        guard let header = lines.first(where: { !$0.isEmpty }) else { return notAKey }
        switch header {
        case "-----BEGIN OPENSSH PRIVATE KEY-----": return openSSHProblem(lines, acceptsRSA: acceptsRSA)
        case "-----BEGIN EC PRIVATE KEY-----":
            return lines.contains { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") } ? encrypted : nil
        case "-----BEGIN PRIVATE KEY-----": return nil
        case "-----BEGIN ENCRYPTED PRIVATE KEY-----": return encrypted
        case "-----BEGIN RSA PRIVATE KEY-----": return acceptsRSA ? nil : unsupported("RSA")
        case "-----BEGIN DSA PRIVATE KEY-----": return unsupported("DSA")
        case _ where header.hasPrefix("ssh-") || header.hasPrefix("ecdsa-"):
            return ("is the public half", "Name the file without .pub.")
        default: return notAKey
        }
    }

    private func openSSHProblem(_ lines: [String], acceptsRSA: Bool) -> (message: String, advice: String)? {
        let body = lines.filter { !$0.hasPrefix("-----") }.joined()
        guard let data = Data(base64Encoded: body) else { return notAKey }
        var reader = WireReader(data)
        guard reader.skip(Array("openssh-key-v1\0".utf8)), let cipher = reader.string(), reader.string() != nil,
            reader.string() != nil, reader.number() == 1, let blob = reader.string(),
            let kind = WireReader.firstString(of: blob)
        else { return notAKey }
        if cipher != Array("none".utf8) { return encrypted }
        switch kind {
        case "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521": return nil
        case "ssh-rsa": return acceptsRSA ? nil : unsupported("RSA")
        default: return unsupported(kind)
        }
    }

    private var notAKey: (message: String, advice: String) {
        ("holds no private key that is understood", "Make one with `ssh-keygen -t ed25519`.")
    }

    private var encrypted: (message: String, advice: String) {
        (
            "has a passphrase, and nobody is there to type it",
            "Use a key of its own without one (`ssh-keygen -t ed25519 -N ''`), restricted in authorized_keys."
        )
    }

    private func unsupported(_ kind: String) -> (message: String, advice: String) {
        (
            "is of the kind \(kind), which this libssh2 cannot use with current servers",
            "Make an ed25519 key: `ssh-keygen -t ed25519`, and add it to authorized_keys there."
        )
    }
}
