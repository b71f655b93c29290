import FleetTestKit
import InterfaceProfile

extension Catalogue {
    /// `security/kms`: SSH keys in the KMS, with OpenBao's own word beside the platform's.
    static let kms: [DeclaredTest] = [
        KMSTests.sshKeyStorage,
        KMSTests.sshKeyRetrieval,
        KMSTests.sshKeyUsage,
        KMSTests.sshKeyRotation,
        KMSTests.auditLogging,
    ]
}

/// The tests of `security/kms`.
enum KMSTests {
    /// The keys of one attempt: who owns them, what they are called, and where the platform keeps them in OpenBao.
    struct Vault: Sendable {
        let owner: Session
        let ownerName: String
        let kms: KMSClient
        let name: String
        let path: String

        /// A developer of the test's own with a second factor, and the name of a key, which is removed after the test.
        static func make(_ context: TestContext, remover: Session) async throws -> Vault {
            let user = try await context.makeUser("keeper", roles: ["developer"], remover: remover)
            let session = try await context.addSecondFactor(to: user).session
            let name = context.unique("key")
            let chief = try context.kms(as: remover)
            await context.cleanup("remove key \(name)") { try await chief.removeSSHKey(name) }
            return Vault(
                owner: session, ownerName: user.name, kms: try context.kms(as: session), name: name,
                path: context.profile.kmsFields.openBaoFolder + "/\(name)")
        }
    }

    /// A key pair by `ssh-keygen`, with its private part as text.
    static func makePair(_ context: TestContext) async throws -> (privateKey: String, publicKey: String) {
        let identity = try await context.makeIdentity()
        let content = try FileProbe.content(of: identity.privateKeyFile)
        return (String(decoding: content, as: UTF8.self), identity.publicKey)
    }

    /// Writes a private key where ssh takes it from, and returns the public key that `ssh-keygen` computes from it.
    static func install(
        _ key: StoredSSHKey, _ context: TestContext
    ) async throws -> (identity: SSHIdentity, publicKey: String) {
        let file = "\(context.scratch)/\(key.name)-\(key.version)"
        try FileProbe.put(Array(try require(key.privateKey, "the private key of \(key)").utf8), at: file)
        let computed = try await context.run("ssh-keygen", ["-y", "-f", file])
        return (SSHIdentity(privateKeyFile: file, publicKey: key.publicKey), words(of: computed))
    }

    /// Type and key of a public key, without its comment.
    static func words(of publicKey: String) -> String {
        publicKey.split(whereSeparator: \.isWhitespace).prefix(2).joined(separator: " ")
    }
}
