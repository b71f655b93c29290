import Crypto

/// The digest of some content as OCI writes it: `sha256:` and 64 hexadecimal digits.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The written form.
    public let description: String

    /// The digest of bytes.
    public init(of bytes: [UInt8]) {
        let digits = Array("0123456789abcdef")
        let hexadecimal = SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        self.description = "sha256:" + String(hexadecimal)
    }

    /// A digest that somebody wrote; nil when it is not SHA-256 in its canonical form.
    public init?(_ text: String) {
        let digits = text.dropFirst(7).utf8
        guard text.hasPrefix("sha256:"), digits.count == 64, digits.allSatisfy(Self.isLowerHexadecimal) else {
            return nil
        }
        self.description = text
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// Decodes from one string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a sha256 digest: \(text.prefix(100))")
        }
        self = digest
    }

    /// Encodes as one string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
