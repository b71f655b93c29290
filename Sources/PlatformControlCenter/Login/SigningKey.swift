import Crypto
import CryptoExtras
import FleetSystem
import JWTKit
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The RSA key that signs the control center's tokens, kept in its data directory.
struct SigningKey: Sendable {
    let collection: JWTKeyCollection
    let published: JWKS
    private let id: JWKIdentifier

    /// Reads the key, or makes one of 2048 bits.
    init(file: String) async throws {
        let key: _RSA.Signing.PrivateKey
        if FileManager.default.fileExists(atPath: file) {
            key = try .init(pemRepresentation: String(decoding: try AtomicFile.read(file), as: UTF8.self))
        } else {
            key = try .init(keySize: .bits2048)
            try AtomicFile.write(key.pemRepresentation.utf8, to: file)
        }
        let digest = SHA256.hash(data: key.publicKey.derRepresentation)
        id = JWKIdentifier(string: digest.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        collection = JWTKeyCollection()
        await collection.add(rsa: try Insecure.RSA.PrivateKey(backing: key), digestAlgorithm: .sha256, kid: id)
        let numbers = try key.publicKey.getKeyPrimitives()
        published = JWKS(keys: [
            .rsa(
                .rs256, identifier: id, modulus: Self.base64URL(numbers.modulus),
                exponent: Self.base64URL(numbers.publicExponent))
        ])
    }

    /// A signed token with these claims.
    func sign(_ claims: TokenClaims) async throws -> String { try await collection.sign(claims, kid: id) }

    /// The claims of a token that this key signed. Throws `.unauthorised` for any other.
    func verified(_ token: String) async throws -> TokenClaims {
        do { return try await collection.verify(token, as: TokenClaims.self) } catch {
            throw PlatformError(.unauthorised, "the token does not hold: its signature is not the control center's")
        }
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
