import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the secrets themselves come from.
///
/// SSH keys and OpenBao tokens are real. The keys of `aws` and `upcloud` are random and open nothing: these providers are
/// simulated, and what they give out says so (`"simulated": "true"`).
struct SecretSource: Sendable {
    /// OpenBao, with a token that may make tokens; nil where there is none.
    let openBao: ServiceClient?

    /// A secret, and what is kept of it.
    struct Made: Sendable {
        var credentials: [String: String]
        var publicKey: String?
        var fingerprint: String?
        var accessor: String?
    }

    /// Makes a secret of that type.
    func make(_ type: SecretType, id: String, seconds: Int) async throws -> Made {
        switch type {
        case .ssh, .temporalKey:
            let key = OpenSSHKey(comment: "temporary-\(id)")
            return Made(
                credentials: [
                    "private_key": key.privateKey, "public_key": key.publicKey, "fingerprint": key.fingerprint,
                ], publicKey: key.publicKey, fingerprint: key.fingerprint)
        case .aws:
            return Made(credentials: [
                "access_key_id": "ASIA" + Self.random(16, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
                "secret_access_key": Self.random(40), "session_token": Self.random(180), "simulated": "true",
            ])
        case .upcloud:
            return Made(credentials: [
                "username": "sub-\(id.prefix(8))", "password": Self.random(32), "simulated": "true",
            ])
        case .vault: return try await token(seconds)
        }
    }

    /// Ends what somebody else gave.
    func revoke(_ record: SecretRecord) async throws {
        guard let accessor = record.accessor else { return }
        try await bao("auth/token/revoke-accessor", ["accessor": .string(accessor)])
    }

    /// Has somebody else make it longer.
    func renew(_ record: SecretRecord, seconds: Int) async throws {
        guard let accessor = record.accessor else { return }
        try await bao("auth/token/renew-accessor", ["accessor": .string(accessor), "increment": .integer(seconds)])
    }

    private func token(_ seconds: Int) async throws -> Made {
        let answer = try await bao(
            "auth/token/create",
            [
                "ttl": .string("\(seconds)s"), "explicit_max_ttl": .string("86400s"),
                // Named, or it would have all that the orchestrator's own token may do.
                "policies": .array([.string("default")]),
            ])
        guard let token = answer["auth"]["client_token"].text, let accessor = answer["auth"]["accessor"].text else {
            throw PlatformError(.failed, "OpenBao gave no token")
        }
        return Made(credentials: ["token": token], accessor: accessor)
    }

    @discardableResult
    private func bao(_ path: String, _ body: [String: JSONValue]) async throws -> JSONValue {
        guard let openBao else {
            throw PlatformError(.unavailable, "vault: this orchestrator knows no OpenBao; give it one in its settings")
        }
        let reply = try await openBao.send("POST", "/v1/\(path)", body: try JSONEncoder().encode(body))
        guard (200..<300).contains(reply.status) else {
            throw PlatformError(.unavailable, "OpenBao answered \(reply.status) at \(path)")
        }
        return (try? JSONDecoder().decode(JSONValue.self, from: reply.body)) ?? .null
    }

    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    private static func random(_ count: Int, of letters: String = letters) -> String {
        let letters = Array(letters)
        return String((0..<count).map { _ in letters[Int.random(in: letters.indices)] })
    }
}
