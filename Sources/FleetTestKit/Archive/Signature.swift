import Crypto

/// Signatures of webhooks: HMAC-SHA256 in hexadecimal.
public enum Signature {
    /// The signature of a body with a secret.
    public static func hex(of body: [UInt8], key: String) -> String {
        let digits = Array("0123456789abcdef")
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(key.utf8)))
        return String(code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
