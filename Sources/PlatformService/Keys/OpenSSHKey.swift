import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An Ed25519 key pair in OpenSSH's forms, made in memory: no file ever holds the private half.
public struct OpenSSHKey: Sendable {
    /// The two words of an authorized_keys line.
    public let publicKey: String
    /// `SHA256:…`, as ssh-keygen prints it.
    public let fingerprint: String
    /// The text of a private key file (`openssh-key-v1`, without a passphrase).
    public let privateKey: String

    /// A new key pair.
    public init(comment: String) {
        let key = Curve25519.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        let blob = Self.string("ssh-ed25519") + Self.string(point)
        publicKey = "ssh-ed25519 \(blob.base64EncodedString())"
        fingerprint = "SHA256:" + Data(SHA256.hash(data: blob)).base64EncodedString().replacing("=", with: "")

        // The same random number twice lets a reader see whether decryption worked; here nothing is encrypted.
        let check = Self.number(UInt32.random(in: .min ... .max))
        var secret = check + check + blob + Self.string(key.rawRepresentation + point) + Self.string(Data(comment.utf8))
        var filler: UInt8 = 1
        while secret.count % 8 != 0 {
            secret.append(filler)
            filler += 1
        }
        let file =
            Data("openssh-key-v1\0".utf8) + Self.string("none") + Self.string("none") + Self.string("") + Self.number(1)
            + Self.string(blob) + Self.string(secret)
        privateKey = Self.armoured(file)
    }

    private static func armoured(_ file: Data) -> String {
        var lines = ["-----BEGIN OPENSSH PRIVATE KEY-----"]
        var rest = Substring(file.base64EncodedString())
        while !rest.isEmpty {
            lines.append(String(rest.prefix(70)))
            rest = rest.dropFirst(70)
        }
        return (lines + ["-----END OPENSSH PRIVATE KEY-----", ""]).joined(separator: "\n")
    }

    private static func string(_ text: String) -> Data { string(Data(text.utf8)) }
    private static func string(_ data: Data) -> Data { number(UInt32(data.count)) + data }
    private static func number(_ number: UInt32) -> Data { withUnsafeBytes(of: number.bigEndian) { Data($0) } }
}
