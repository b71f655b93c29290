import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension KMSTests {
    /// A key that the orchestrator makes for a time opens the servers that it was let into, until it is revoked; only who
    /// made it sees it.
    static func expectTemporalKey(
        of owner: OrchestratorClient, closedTo other: OrchestratorClient, on server: String, _ context: TestContext
    ) async throws {
        let key = try await context.step("a temporal key opens nothing before it is let into a server") {
            let key = try await owner.makeTemporalKey(seconds: 600)
            await context.cleanup("revoke the temporal key") { _ = try? await owner.revokeTemporalKey(key.id) }
            return key
        }
        let identity = try temporalIdentity(key, context)
        try await expectDenied(server, identity, context)
        try await context.step("let in, it opens that server") {
            let deployed = try await owner.deployTemporalKey(key.id, to: server)
            try expectEqual(deployed.servers, [server], "the servers that it was let into")
            let bench = try await Workbench.find(server, identity, context)
            try expectEqual(try await bench.ssh.output(of: "echo in"), "in", "what the server says")
        }
        try await context.step("nobody else sees its private part, or ends it") {
            let shown = try await owner.temporalKey(key.id).credentials != nil
            try expect(shown, "who made it sees it")
            let shownToOther = try await other.temporalKey(key.id).credentials != nil
            try expect(!shownToOther, "somebody else does not see it")
            try await expectRefusal("a revocation by somebody else", statuses: 403...403) {
                try await other.revokeTemporalKey(key.id)
            }
        }
        try await context.step("revoked, it opens the server no more, and is shown to nobody") {
            try expectEqual(try await owner.revokeTemporalKey(key.id).status, "revoked", "its state")
            try await expectDenied(server, identity, context)
            let isShown = try await owner.temporalKey(key.id).credentials != nil
            try expect(!isShown, "its private part is shown to nobody")
            try await expectRefusal("a second revocation", statuses: 409...409) {
                try await owner.revokeTemporalKey(key.id)
            }
        }
    }

    /// Secrets of every other type: who made one sees it, and it lives as long as it was wanted.
    static func expectSecrets(
        of owner: OrchestratorClient, closedTo other: OrchestratorClient, _ context: TestContext
    ) async throws {
        let cloud = try await context.step("a secret of a cloud is renewed, shown to its owner alone, and revoked") {
            let cloud = try await owner.makeSecret("aws", seconds: 900)
            await context.cleanup("revoke the secret") { _ = try? await owner.revokeSecret(cloud.id) }
            try expect(cloud.credentials?.isEmpty == false, "it has credentials")
            let renewed = try await owner.renewSecret(cloud.id, seconds: 1800)
            try expect(renewed.expiresAt > cloud.expiresAt, "it ends later", actual: renewed.expiresAt)
            try await expectRefusal("a renewal for longer than such a secret may live", statuses: 400...400) {
                _ = try await owner.renewSecret(cloud.id, seconds: 43_201)
            }
            let isShownToOther = try await other.secret(cloud.id).credentials != nil
            try expect(!isShownToOther, "somebody else does not see its credentials")
            let listed = try await owner.secrets()
            try expectContains(listed.map(\.id), cloud.id, "the secrets")
            try expect(listed.allSatisfy { $0.credentials == nil }, "the list shows no credentials")
            return cloud
        }
        try await context.step("revoked, it cannot be renewed, and has no credentials") {
            try expectEqual(try await owner.revokeSecret(cloud.id).status, "revoked", "its state")
            let isShown = try await owner.secret(cloud.id).credentials != nil
            try expect(!isShown, "its credentials are shown to nobody")
            try await expectRefusal("a renewal after the end", statuses: 409...409) {
                _ = try await owner.renewSecret(cloud.id, seconds: 1800)
            }
        }
        try await context.step("a time out of the range is refused, and so is a new time for what cannot have one") {
            for seconds in [899, 43_201] {
                try await expectRefusal("a secret for \(seconds) s", statuses: 400...400) {
                    _ = try await owner.makeSecret("aws", seconds: seconds)
                }
            }
            let key = try await owner.makeSecret("ssh", seconds: 600)
            await context.cleanup("revoke the SSH secret") { try await owner.revokeSecret(key.id) }
            try await expectRefusal("a renewal of an SSH key", statuses: 409...409) {
                _ = try await owner.renewSecret(key.id, seconds: 1200)
            }
        }
        try await expectVaultToken(of: owner, context)
    }

    /// A token of OpenBao is OpenBao's own: it holds there until it is revoked here.
    private static func expectVaultToken(of owner: OrchestratorClient, _ context: TestContext) async throws {
        try await context.step("a token of OpenBao holds there until it is revoked here") {
            let made = try await owner.makeSecret("vault", seconds: 600)
            let token = try require(made.credentials?["token"], "the token")
            let web = WebClient(
                base: try context.endpoint("openbao", "url"), log: context.log,
                authorization: Authorization.bearer(token))
            let json = JSONClient(web: web)
            let path = "/v1/auth/token/lookup-self"
            try expectEqual(try await json.status(.get, path), 200, "OpenBao's answer to the token")
            try await owner.revokeSecret(made.id)
            try expectEqual(try await json.status(.get, path), 403, "OpenBao's answer after the revocation")
        }
    }

    /// Writes the private part where ssh takes it from.
    private static func temporalIdentity(_ key: SecretInfo, _ context: TestContext) throws -> SSHIdentity {
        let secret = key.credentials?[context.profile.secretFields.privateKey]
        let file = "\(context.scratch)/temporal-\(key.id)"
        try FileProbe.put(Array(try require(secret, "the private key").utf8), at: file)
        return SSHIdentity(privateKeyFile: file, publicKey: try require(key.publicKey, "the public key"))
    }
}
