#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Looks at the text of a key file: what it holds, and whether libssh2 can use it. Opens nothing.
struct KeyText {
    /// What the file is.
    enum Form: Hashable, Sendable {
        case plain
        /// It has a passphrase.
        case encrypted
        case publicHalf
        case unusable(message: String, advice: String)
    }

    struct Finding: Hashable, Sendable {
        var form: Form
        /// The kind of key; nil when only its private part says so.
        var kind: String?
        var publicBlob: [UInt8]?
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The kinds that libssh2 can use; with RSA servers have their say.
    static let kinds: Set<String> = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    ]

    func finding() -> Finding {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        guard let header = lines.first(where: { !$0.isEmpty }) else { return notAKey }
        let isMarkedEncrypted = lines.contains { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }
        let form = isMarkedEncrypted ? Form.encrypted : .plain
        switch header {
        case "-----BEGIN OPENSSH PRIVATE KEY-----": return openSSH(lines)
        case "-----BEGIN EC PRIVATE KEY-----": return Finding(form: form)
        case "-----BEGIN RSA PRIVATE KEY-----": return Finding(form: form, kind: "ssh-rsa")
        case "-----BEGIN PRIVATE KEY-----": return Finding(form: .plain)
        case "-----BEGIN ENCRYPTED PRIVATE KEY-----": return Finding(form: .encrypted)
        case "-----BEGIN DSA PRIVATE KEY-----": return unsupported("DSA")
        default: return publicHalf(header)
        }
    }

    private func openSSH(_ lines: [String]) -> Finding {
        let body = lines.filter { !$0.hasPrefix("-----") }.joined()
        guard let data = Data(base64Encoded: body) else { return notAKey }
        var reader = WireReader(data)
        guard reader.skip(Array("openssh-key-v1\0".utf8)), let cipher = reader.string(), reader.string() != nil,
            let options = reader.string(), reader.number() == 1, let blob = reader.string(),
            let kind = WireReader.firstString(of: blob)
        else { return notAKey }
        guard Self.kinds.contains(kind) else { return unsupported(kind) }
        let name = String(decoding: cipher, as: UTF8.self)
        if name == "none" { return Finding(form: .plain, kind: kind, publicBlob: blob) }
        if let problem = derivationProblem(cipher: name, options: options) { return problem }
        return Finding(form: .encrypted, kind: kind, publicBlob: blob)
    }

    /// So many rounds of bcrypt take about a quarter of a minute; `ssh-keygen` makes 16.
    private static let mostRounds = 2000

    private func derivationProblem(cipher: String, options: [UInt8]) -> Finding? {
        guard cipher.hasSuffix("-ctr") || cipher.hasSuffix("-cbc") else {
            return unusable(
                "is encrypted with \(cipher), which libssh2 cannot read",
                "Run `ssh-keygen -p -Z aes256-ctr -f PATH`, or give it to an ssh-agent.")
        }
        var reader = WireReader(options)
        guard reader.string() != nil, let rounds = reader.number() else { return notAKey }
        guard rounds <= Self.mostRounds else {
            return unusable(
                "needs \(rounds) rounds for its passphrase, more than \(Self.mostRounds)",
                "Run `ssh-keygen -p -a 100 -f PATH`, or give it to an ssh-agent.")
        }
        return nil
    }

    private func publicHalf(_ line: String) -> Finding {
        let words = line.split(separator: " ")
        guard words.count > 1, let data = Data(base64Encoded: String(words[1])),
            WireReader.firstString(of: Array(data)) == String(words[0])
        else { return notAKey }
        return Finding(form: .publicHalf, kind: String(words[0]), publicBlob: Array(data))
    }

    private var notAKey: Finding {
        unusable("holds no key that is understood", "Make one with `ssh-keygen -t ed25519`.")
    }

    private func unsupported(_ kind: String) -> Finding {
        unusable(
            "is of the kind \(kind), which this libssh2 cannot use",
            "Make an ed25519 key: `ssh-keygen -t ed25519`, and add it to authorized_keys there.")
    }

    private func unusable(_ message: String, _ advice: String) -> Finding {
        Finding(form: .unusable(message: message, advice: advice))
    }
}
