import BuiltinSupport
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes and checks the bearer tokens of the registry: JSON web tokens, signed with ES256.
struct TokenService: Sendable {
    static let service = "harbor-registry"
    static let issuer = "harbor-token-issuer"
    /// Seconds that a token holds.
    static let lifetime = 1800
    private static let header = #"{"alg":"ES256","typ":"JWT"}"#

    /// What a token says.
    struct Claims: Sendable {
        let subject: String
        /// What its bearer may do, by repository.
        let access: [String: Set<String>]
    }

    private let key: P256.Signing.PrivateKey

    /// A service with that private key, as Base64.
    init(key: String) throws {
        guard let data = Data(base64Encoded: key) else { throw Refusal(500, "the signing key is damaged") }
        self.key = try P256.Signing.PrivateKey(rawRepresentation: data)
    }

    /// A signed token.
    func token(_ claims: Claims, now: Date) throws -> String {
        let access = claims.access.sorted { $0.key < $1.key }.map { name, actions -> JSON in
            ["type": "repository", "name": .string(name), "actions": .strings(actions.sorted())]
        }
        let begin = Int(now.timeIntervalSince1970)
        let payload: JSON = [
            "iss": .string(Self.issuer), "aud": .string(Self.service), "sub": .string(claims.subject),
            "iat": .int(begin), "nbf": .int(begin), "exp": .int(begin + Self.lifetime), "jti": .string(Secret.token()),
            "access": .array(access),
        ]
        let text = "\(Self.base64(Data(Self.header.utf8))).\(Self.base64(Data(payload.bytes)))"
        let signature = try key.signature(for: Data(text.utf8))
        return "\(text).\(Self.base64(signature.rawRepresentation))"
    }

    /// What a token says; nil when it is not ours, was changed, or has expired.
    func claims(_ token: String, now: Date) -> Claims? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.base64(Data(Self.header.utf8)), let payload = Self.data(parts[1]),
            let signature = Self.data(parts[2]).flatMap({ try? P256.Signing.ECDSASignature(rawRepresentation: $0) }),
            key.publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8)),
            let json = try? JSON(bytes: payload)
        else { return nil }
        let time = Int(now.timeIntervalSince1970)
        guard json["iss"].string == Self.issuer, json["aud"].string == Self.service, let end = json["exp"].int,
            end > time, let subject = json["sub"].string
        else { return nil }
        let access = (json["access"].items ?? []).map { ($0["name"].string ?? "", Set($0["actions"].strings)) }
        return Claims(subject: subject, access: Dictionary(access) { $0.union($1) })
    }

    private static func base64(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func data(_ text: Substring) -> Data? {
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
