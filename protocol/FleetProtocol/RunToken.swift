import Crypto

/// The secret of one run, known to the coordinator and its agents alone.
///
/// Its description hides it, so that it can never reach a log by accident.
public struct RunToken: Sendable, CustomStringConvertible {
    private let key: SymmetricKey

    /// A new token of 256 random bits.
    public init() { self.key = SymmetricKey(size: .bits256) }

    /// Reads a token from 64 hexadecimal digits; nil when it is not that.
    public init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == 32 else { return nil }
        self.key = SymmetricKey(data: bytes)
    }

    /// The token itself, for handing it to an agent on its standard input.
    public var hexadecimal: String { key.withUnsafeBytes { Hexadecimal.encode($0) } }

    /// The code that shows knowledge of the token, 64 hexadecimal digits.
    ///
    /// It is the HMAC-SHA256 of the text `provisioning-fleet/VERSION/ROLE/NONCE`, with the other side's nonce. The role
    /// of the side that proves is part of the text, so that a code cannot be reflected to its sender.
    public func proof(of nonce: String, by role: Message.Hello.Role) -> String {
        let text = "provisioning-fleet/\(ProtocolVersion.current)/\(role.rawValue)/\(nonce)"
        return Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    /// Whether a code is the right one; takes the same time for every wrong one.
    public func verifies(_ mac: String, of nonce: String, by role: Message.Hello.Role) -> Bool {
        let expected = Array(proof(of: nonce, by: role).utf8)
        let actual = Array(mac.utf8)
        guard expected.count == actual.count else { return false }
        return zip(expected, actual).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A new nonce: 32 random bytes as 64 hexadecimal digits.
    public static func makeNonce() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Hexadecimal.encode($0) }
    }

    /// Hides the secret.
    public var description: String { "RunToken(hidden)" }
}
