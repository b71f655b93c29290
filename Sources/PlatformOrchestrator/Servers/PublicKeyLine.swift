import PlatformService

/// One line of an authorized_keys file without options: `type base64 [comment]`.
enum PublicKeyLine {
    private static let types = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// The line, if it is one: a line break or an option in it could grant what nobody meant to.
    static func checked(_ line: String) throws -> String {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        let isPlain = line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard isPlain, words.count >= 2, types.contains(String(words[0])), words[1].utf8.allSatisfy(isBase64) else {
            throw PlatformError(
                .invalid,
                "authorized_keys: an entry is no OpenSSH public key; give lines like \"ssh-ed25519 AAAA… name\"")
        }
        return line
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
