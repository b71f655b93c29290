import Crypto
import Hummingbird
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The KMS service's routes, at the paths of the standard profile.
struct Routes: Sendable {
    typealias Context = ServiceContext

    let bao: OpenBaoClient
    let gate: SecurityGate
    let verifier: TokenVerifier
    let audit: AuditLog
    let pseudonyms: SymmetricKey
    let started: Timestamp
    let counter = RequestCounter()
    let paths = InterfaceProfile.standard.kms

    /// A router with every route.
    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: counter)
        router.add(middleware: SecurityChain(gate: gate, map: map, audit: audit))
        addStatus(to: router)
        addEncryption(to: router)
        addSSHKeys(to: router)
        AuditRoutes.add(
            to: router, query: path(paths.auditQuery), export: path(paths.auditExport), log: audit, key: pseudonyms)
        AuditRoutes.addStatistics(to: router, stats: path(paths.auditStats), log: audit)
        return router
    }

    private var map: AccessMap {
        AccessMap(
            probes: [paths.health, paths.ready, paths.metrics, paths.kmsHealth],
            kinds: [("/api/v1/kms", .kms), (paths.sshKeys, .key), ("/api/v1/audit", .audit)],
            verbs: ["encrypt": .execute, "decrypt": .execute, "generate-key": .execute, "rotate": .update])
    }

    func path(_ template: String) -> RouterPath { RouterPath(template) }

    /// Reads a JSON body. Throws what is wrong with it, in words.
    func body<Value: Decodable & Sendable & SendableMetatype>(
        _ type: Value.Type, _ request: Request, _ context: Context
    ) async throws -> Value {
        try await context.requestDecoder.decode(Value.self, from: request, context: context)
    }

    private func addStatus(to router: Router<Context>) {
        router.get(path(paths.health)) { _, _ in try Answer.data("KMS is healthy") }
        router.get(path(paths.ready)) { _, _ in
            _ = try await bao.health()
            try await verifier.checkHealth()
            return try Answer.data(["status": "ready", "openbao": "ok"])
        }
        router.get(path(paths.kmsHealth)) { _, _ in
            _ = try await bao.health()
            return try Answer.data(["status": "healthy"])
        }
        router.get(path(paths.metrics)) { _, _ in
            let names = InterfaceProfile.standard.kmsMetrics
            var page = PrometheusPage()
            counter.report(to: &page, as: names.requests)
            page.add(names.uptime, .gauge, "Seconds since the start.", Timestamp.now().seconds(since: started))
            page.addProcess()
            return page.response
        }
        router.get(path(paths.status)) { _, _ in
            let health = try await bao.health()
            return try Answer.data(
                [
                    "backend": .string("openbao"), "version": health["version"], "sealed": health["sealed"],
                    "key": .string(bao.key), "key_version": .integer(try await bao.keyVersion()),
                ] as [String: JSONValue])
        }
    }

    private func addEncryption(to router: Router<Context>) {
        router.post(path(paths.encrypt)) { request, context in
            let wanted = try await body(Encryption.self, request, context)
            guard let plaintext = wanted.plaintext, Data(base64Encoded: plaintext) != nil else {
                throw PlatformError(.invalid, "plaintext: is missing, or no base64")
            }
            return try Answer.data(["ciphertext": try await encrypted(plaintext, wanted.context)])
        }
        router.post(path(paths.decrypt)) { request, context in
            let wanted = try await body(Encryption.self, request, context)
            guard let bytes = wanted.ciphertext.flatMap({ Data(base64Encoded: $0) }) else {
                throw PlatformError(.invalid, "ciphertext: is missing, or no base64")
            }
            let text = String(decoding: bytes, as: UTF8.self)
            return try Answer.data(["plaintext": try await bao.decrypt(text, context: wanted.context ?? "")])
        }
        router.post(path(paths.generateKey)) { request, context in
            let wanted = try await body(Encryption.self, request, context)
            guard let bits = ["AES_256": 256, "AES_128": 128][wanted.keySpec ?? "AES_256"] else {
                throw PlatformError(.invalid, "key_spec: is none of AES_128, AES_256")
            }
            let key = SymmetricKey(size: .init(bitCount: bits)).withUnsafeBytes { Data($0) }.base64EncodedString()
            return try Answer.data(["plaintext": key, "ciphertext": try await encrypted(key, wanted.context)])
        }
        router.post(path(paths.rotate)) { _, _ in
            try await bao.rotate()
            return try Answer.data(["key_version": try await bao.keyVersion()])
        }
    }

    private func encrypted(_ plaintext: String, _ context: String?) async throws -> String {
        Data(try await bao.encrypt(plaintext, context: context ?? "").utf8).base64EncodedString()
    }
}

private struct Encryption: Decodable, Sendable {
    let plaintext: String?
    let ciphertext: String?
    let context: String?
    let keySpec: String?

    enum CodingKeys: String, CodingKey {
        case plaintext, ciphertext, context
        case keySpec = "key_spec"
    }
}
