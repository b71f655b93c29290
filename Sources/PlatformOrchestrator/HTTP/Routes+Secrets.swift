import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    private var there: SecretPaths { InterfaceProfile.standard.secrets }

    /// Dynamic secrets.
    func addSecrets(to router: Router<Context>) {
        router.post(path(there.generate)) { request, context in
            let wish = try await body(NewSecret.self, request, context)
            guard let type = wish.type.flatMap(SecretType.init(rawValue:)), type != .temporalKey else {
                throw PlatformError(.invalid, "secret_type: is none of ssh, aws, upcloud, vault")
            }
            guard let seconds = wish.ttl else { throw PlatformError(.invalid, "ttl: is missing; give seconds") }
            return try await generate(wish, type, seconds, context)
        }
        router.get(path(there.list)) { _, _ in try await list(services.secrets.all(keys: false)) }
        router.get(path(there.expiring)) { request, _ in
            let within = request.uri.queryParameters["within"].map(String.init) ?? "3600"
            guard let seconds = Int(within), seconds >= 0 else {
                throw PlatformError(.invalid, "within: \"\(within)\" is no number of seconds")
            }
            let end = Timestamp.now().advanced(seconds: Double(seconds))
            return try await list(
                services.secrets.all(keys: false).filter { $0.status == .active && $0.expiresAt <= end })
        }
        router.get(path(there.stats)) { _, _ in try Answer.data(SecretStats(await services.secrets.all(keys: false))) }
        router.get(path(there.secret)) { _, context in try await show(context) }
        router.post(path(there.revoke)) { request, context in try await revoke(request, context) }
        router.post(path(there.renew)) { request, context in
            let wanted = try await body(NewSecret.self, request, context)
            guard let seconds = wanted.ttl else { throw PlatformError(.invalid, "ttl: is missing; give seconds") }
            let id = try await own(context).id
            return try Answer.data(SecretView(try await services.secrets.renew(id, seconds: seconds)))
        }
    }

    /// Temporal SSH keys.
    func addKeys(to router: Router<Context>) {
        router.post(path(there.generateKey)) { request, context in
            let wish = try await body(NewSecret.self, request, context)
            return try await generate(wish, .temporalKey, wish.ttl ?? 3600, context)
        }
        router.get(path(there.keys)) { _, _ in try await list(services.secrets.all(keys: true)) }
        router.get(path(there.keyStats)) { _, _ in try Answer.data(SecretStats(await services.secrets.all(keys: true)))
        }
        router.post(path(there.cleanUpKeys)) { _, _ in try Answer.data(["expired": await services.secrets.cleanUp()]) }
        router.get(path(there.key)) { _, context in try await show(context) }
        router.post(path(there.revokeKey)) { request, context in try await revoke(request, context) }
        router.post(path(there.deployKey)) { request, context in
            let name = try await body(Deployment.self, request, context).server
            try services.guard.check([Thing(kind: .server, name: name, isOpened: true)], context)
            guard let server = await services.registry.server(name) else {
                throw PlatformError(.notFound, "there is no server \(name)")
            }
            guard server.provider == "local", server.status == .running else {
                throw PlatformError(.conflict, "\(name) is no running server of the provider local")
            }
            let id = try await own(context).id
            return try Answer.data(SecretView(try await services.secrets.deploy(id, to: name, serverID: server.id)))
        }
    }

    private func generate(
        _ wish: NewSecret, _ type: SecretType, _ seconds: Int, _ context: Context
    ) async throws -> Response {
        let (record, credentials) = try await services.secrets.generate(
            .init(
                type: type, seconds: seconds, owner: try context.caller().name, workspace: wish.workspace,
                purpose: wish.purpose))
        return try Answer.data(SecretView(record, credentials), status: .created)
    }

    private func list(_ records: [SecretRecord]) throws -> Response {
        try Answer.data(records.map { SecretView($0) })
    }

    private func show(_ context: Context) async throws -> Response {
        let record = try await services.secrets.record(try context.parameters.require("id"))
        let isOwner = try context.caller().name == record.owner
        let credentials = isOwner ? try await services.secrets.credentials(of: record.id) : nil
        return try Answer.data(SecretView(record, credentials))
    }

    private func revoke(_ request: Request, _ context: Context) async throws -> Response {
        let reason = try await body(NewSecret.self, request, context).reason
        let id = try await own(context).id
        return try Answer.data(SecretView(try await services.secrets.revoke(id, reason: reason)))
    }

    /// A secret that the caller may change: his own, or any for an administrator.
    private func own(_ context: Context) async throws -> SecretRecord {
        let caller = try context.caller()
        let record = try await services.secrets.record(try context.parameters.require("id"))
        guard record.owner == caller.name || caller.roles.contains(.admin) else {
            throw PlatformError(.forbidden, "the secret belongs to somebody else")
        }
        return record
    }
}

private struct NewSecret: Decodable, Sendable {
    let type: String?
    let ttl: Int?
    let workspace: String?
    let purpose: String?
    let reason: String?

    enum CodingKeys: String, CodingKey {
        case ttl, workspace, purpose, reason
        case type = "secret_type"
    }
}

private struct Deployment: Decodable, Sendable { let server: String }

/// A secret as callers see it.
private struct SecretView: Encodable, Sendable {
    let record: SecretRecord
    let credentials: [String: String]?

    init(_ record: SecretRecord, _ credentials: [String: String]? = nil) {
        self.record = record
        self.credentials = credentials
    }

    enum CodingKeys: String, CodingKey {
        case id, owner, workspace, purpose, status, reason, fingerprint, servers, renewable, credentials
        case type = "secret_type"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case publicKey = "public_key"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(record.id, forKey: .id)
        try container.encode(record.type, forKey: .type)
        try container.encode(record.owner, forKey: .owner)
        try container.encodeIfPresent(record.workspace, forKey: .workspace)
        try container.encodeIfPresent(record.purpose, forKey: .purpose)
        try container.encode(record.createdAt, forKey: .createdAt)
        try container.encode(record.expiresAt, forKey: .expiresAt)
        try container.encode(record.status, forKey: .status)
        try container.encodeIfPresent(record.reason, forKey: .reason)
        try container.encode(record.type.isRenewable, forKey: .renewable)
        try container.encode(credentials, forKey: .credentials)
        guard record.type.isKey else { return }
        try container.encodeIfPresent(record.publicKey, forKey: .publicKey)
        try container.encodeIfPresent(record.fingerprint, forKey: .fingerprint)
        try container.encode(record.servers.keys.sorted(), forKey: .servers)
    }
}

private struct SecretStats: Encodable, Sendable {
    let total: Int
    let byType: [String: Int]
    let byStatus: [String: Int]

    enum CodingKeys: String, CodingKey {
        case total
        case byType = "by_type"
        case byStatus = "by_status"
    }

    init(_ records: [SecretRecord]) {
        total = records.count
        byType = Dictionary(grouping: records, by: \.type.rawValue).mapValues(\.count)
        byStatus = Dictionary(grouping: records, by: \.status.rawValue).mapValues(\.count)
    }
}
