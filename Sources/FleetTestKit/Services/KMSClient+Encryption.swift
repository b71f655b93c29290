import FleetHTTP
import InterfaceProfile

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension KMSClient {
    /// Encrypts.
    ///
    /// - Parameter context: a text that must be the same for decryption.
    /// - Returns: what comes of it, as the KMS writes it.
    public func encrypt(_ content: [UInt8], context: String) async throws -> String {
        let names = profile.kmsFields
        let body: JSONValue = .object([
            names.plaintext: .string(Data(content).base64EncodedString()), names.context: .string(context),
        ])
        let answer = try await call(.post, profile.kms.encrypt, body)
        return try answer.text(try answer.payload(), names.ciphertext)
    }

    /// Decrypts what the KMS has encrypted.
    public func decrypt(_ ciphertext: String, context: String) async throws -> [UInt8] {
        let names = profile.kmsFields
        let body: JSONValue = .object([names.ciphertext: .string(ciphertext), names.context: .string(context)])
        return try plaintext(try await call(.post, profile.kms.decrypt, body))
    }

    /// Makes a key that encrypts data elsewhere.
    ///
    /// - Parameter specification: `AES_256` or `AES_128`.
    /// - Returns: the key, and the same encrypted, for keeping.
    public func dataKey(
        _ specification: String, context: String
    ) async throws -> (key: [UInt8], ciphertext: String) {
        let names = profile.kmsFields
        let body: JSONValue = .object([
            names.keySpecification: .string(specification), names.context: .string(context),
        ])
        let answer = try await call(.post, profile.kms.generateKey, body)
        return (try plaintext(answer), try answer.text(try answer.payload(), names.ciphertext))
    }

    /// Has new encryptions use a new version of the key.
    public func rotateKey() async throws { _ = try await call(.post, profile.kms.rotate, .object([:])).payload() }

    /// OpenBao's name of the key that encrypts, and its newest version.
    public func encryptionKey() async throws -> (name: String, version: Int) {
        let answer = try await call(.get, profile.kms.status)
        let (value, names) = (try answer.payload(), profile.kmsFields)
        let version = try require(value[names.keyVersion]?.integer, "“\(names.keyVersion)” in the status")
        return (try answer.text(value, names.key), version)
    }

    private func plaintext(_ answer: Answer) throws -> [UInt8] {
        let text = try answer.text(try answer.payload(), profile.kmsFields.plaintext)
        return Array(try require(Data(base64Encoded: text), "base64 in the answer to \(answer.response.request)"))
    }
}
